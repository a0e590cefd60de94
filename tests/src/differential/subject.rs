//! A store under test, and how an operation becomes a call on it.

use std::sync::Arc;

use fairlane::clock::Millis;
use fairlane::store::{Ask, Ending, Firing, Outcome, Store};
use fairlane::{FailedFilter, JobId, NewJob, Result, Token};

use super::answer::{Answer, foreign};
use super::generate::Step;
use super::operation::{
    JobPick, Operation, PickedEnding, PickedFilter, PickedFiring, PickedJob, TokenPick,
};
use super::run::{Moment, Party};

/// Makes a store anew, or opens it again.
pub type Open = Box<dyn FnMut() -> Arc<dyn Store>>;

/// A store under test.
pub struct Subject {
    name: &'static str,
    store: Arc<dyn Store>,
    /// Opens the store again; `None` if it does not outlive its handle.
    reopen: Option<Open>,
    /// What was popped, the oldest first.
    tokens: Vec<Token>,
}

impl Subject {
    /// Makes a subject that is gone with its handle.
    pub fn passing(name: &'static str, store: Arc<dyn Store>) -> Self {
        Self { name, store, reopen: None, tokens: Vec::new() }
    }

    /// Makes a subject that goes on where another has popped those tokens.
    pub(super) fn with_tokens(store: Arc<dyn Store>, tokens: Vec<Token>) -> Self {
        Self { name: "", store, reopen: None, tokens }
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    pub(super) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// Makes a subject that outlives its handle.
    pub fn lasting(name: &'static str, mut open: Open) -> Self {
        Self { name, store: open(), reopen: Some(open), tokens: Vec::new() }
    }
}

/// Turns picks into ids.
#[derive(Clone, Copy)]
struct Picks {
    /// The latest id that was given.
    latest: u64,
}

impl Picks {
    fn id(self, pick: JobPick) -> JobId {
        match pick.0.checked_sub(1) {
            Some(back) if self.latest > 0 => JobId(self.latest - back % self.latest),
            _ => JobId(self.latest + 1),
        }
    }

    fn ids(self, picks: &[JobPick]) -> Vec<JobId> {
        picks.iter().map(|pick| self.id(*pick)).collect()
    }

    fn job(self, picked: &PickedJob) -> NewJob {
        NewJob { after: picked.after.map(|pick| self.id(pick)), ..picked.job.clone() }
    }

    fn jobs(self, picked: &[PickedJob]) -> Vec<NewJob> {
        picked.iter().map(|job| self.job(job)).collect()
    }

    fn filter(self, picked: &PickedFilter) -> FailedFilter {
        match picked {
            PickedFilter::All => FailedFilter::All,
            PickedFilter::Lane(lane) => FailedFilter::Lane(lane.clone()),
            PickedFilter::Ids(picks) => FailedFilter::Ids(self.ids(picks)),
        }
    }
}

impl Party for Subject {
    fn name(&self) -> &'static str {
        self.name
    }

    fn apply(&mut self, step: &Step, moment: Moment) -> Answer {
        let picks = Picks { latest: moment.latest };
        let store = &self.store;
        let answer = match &step.operation {
            Operation::Push(jobs) => Answer::Pushed(store.push(picks.jobs(jobs))),
            Operation::Pop { count, lease } => {
                let popped = store.pop(Ask { count: *count, lease: *lease });
                if let Ok(batch) = &popped {
                    self.tokens.extend(batch.jobs.iter().map(|job| job.token));
                }
                Answer::Popped(popped)
            }
            Operation::Finish(endings) => {
                let endings = endings.iter().filter_map(|ending| self.ending(ending, picks));
                Answer::Each(store.finish(endings.collect()))
            }
            Operation::Extend(tokens, lease) => {
                let tokens = tokens.iter().filter_map(|pick| self.token(*pick));
                Answer::Each(store.extend(tokens.collect(), *lease))
            }
            Operation::Configure(lane, change) => {
                Answer::Done(store.configure(lane.clone(), *change))
            }
            Operation::Sweep | Operation::SetBack(_) => Answer::Swept(store.sweep()),
            Operation::Cancel(job) => Answer::Flag(store.cancel(picks.id(*job))),
            Operation::Purge(lane) => Answer::Count(store.purge(lane.clone())),
            Operation::Restore(filter) => Answer::Count(store.restore(picks.filter(filter))),
            Operation::Clean(filter) => Answer::Count(store.clean(picks.filter(filter))),
            Operation::BumpKeys => Answer::Done(store.bump_keys()),
            Operation::Hold(holds, lease) => Answer::Flags(store.hold(holds.clone(), *lease)),
            Operation::Keep(holds, lease) => Answer::Flags(store.keep(holds.clone(), *lease)),
            Operation::LetGo(holds, is_done) => Answer::Done(store.let_go(holds.clone(), *is_done)),
            Operation::BumpHolds => Answer::Done(store.bump_holds()),
            Operation::Schedule(schedule, next_in) => {
                Answer::Done(store.schedule(*schedule.clone(), moment.now + next_in))
            }
            Operation::Unschedule(name) => Answer::Flag(store.unschedule(name.clone())),
            Operation::Schedules => Answer::Schedules(store.schedules()),
            Operation::Ticks(count) => Answer::Ticks(store.ticks(*count)),
            Operation::Fire(firing) => Answer::Fired(self.fire(firing, moment.now)),
            Operation::Repair => Answer::Repaired(store.repair()),
            // A store need not record the moment of a call that changed nothing, but what has passed
            // by that moment is shown as gone: so the moment is recorded before such looks.
            Operation::Stats => Answer::Stats(store.sweep().and_then(|_| store.stats())),
            Operation::Lanes(after, limit) => {
                Answer::Lanes(store.sweep().and_then(|_| store.lanes(after.clone(), *limit)))
            }
            Operation::Lane(lane) => {
                Answer::Lane(store.sweep().and_then(|_| store.lane(lane.clone())))
            }
            Operation::Get(job) => Answer::Job(store.get(picks.id(*job))),
            Operation::Fate(job) => Answer::Fate(store.fate(picks.id(*job))),
            Operation::Peek(lane, count) => Answer::Jobs(store.peek(lane.clone(), *count)),
            Operation::Failed(count) => Answer::Jobs(store.failed(*count)),
            Operation::Dump => Answer::Dump(store.sweep().and_then(|_| store.dump().map(Box::new))),
            Operation::Advance(_) | Operation::AdvanceToDue(_) => Answer::Nothing,
            Operation::Reopen => {
                if let Some(open) = &mut self.reopen {
                    self.store.close();
                    self.store = open();
                }
                Answer::Nothing
            }
        };
        // A queue has one tag, and one more for each further shard.
        answer.without_tags(&self.tokens.iter().map(|token| token.queue).collect())
    }
}

impl Subject {
    fn fire(&self, picked: &PickedFiring, now: Millis) -> Result<bool> {
        let mut schedules = self.store.schedules()?.into_iter();
        let Some(info) = schedules.find(|info| info.schedule.name == picked.name) else {
            return Ok(false);
        };
        let job = info.schedule.job;
        self.store.fire(Firing {
            name: picked.name.clone(),
            lane: job.lane.clone(),
            expected: info.next_at + picked.off_by,
            last_at: now,
            next_at: now + picked.next_in,
            jobs: vec![job; picked.count],
        })
    }

    /// Gives the picked token; `None` if so many were not popped.
    fn token(&self, pick: TokenPick) -> Option<Token> {
        let nth = |back: usize| self.tokens.iter().rev().nth(back).copied();
        match pick {
            TokenPick::Given(back) => nth(back),
            TokenPick::Foreign(back) => {
                nth(back).map(|token| Token { queue: foreign(token.queue), ..token })
            }
            TokenPick::Early(back) => {
                nth(back).map(|token| Token { delivery: token.delivery + 1, ..token })
            }
        }
    }

    fn ending(&self, picked: &PickedEnding, picks: Picks) -> Option<Ending> {
        let outcome = match &picked.outcome {
            Outcome::Complete { result, .. } => {
                Outcome::Complete { then: picks.jobs(&picked.then), result: result.clone() }
            }
            other => other.clone(),
        };
        Some(Ending { token: self.token(picked.token)?, outcome })
    }
}

//! The runner: applies a sequence to all stores in step and stops at the first difference.

use std::fmt;
use std::sync::Arc;

use fairlane::clock::{Clock, ManualClock};
use fairlane::store::{Ask, Ending, Outcome, Store};
use fairlane::{FailedFilter, JobId, NewJob, Token};
use similar::TextDiff;

use super::answer::{Answer, foreign};
use super::coverage::Coverage;
use super::generate::Sequence;
use super::operation::{JobPick, Operation, PickedEnding, PickedFilter, PickedJob, TokenPick};
use crate::invariants;

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

    /// Makes a subject that outlives its handle.
    pub fn lasting(name: &'static str, mut open: Open) -> Self {
        Self { name, store: open(), reopen: Some(open), tokens: Vec::new() }
    }
}

/// Where two stores did not agree, or a state was not sound.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The index of the operation.
    pub step: usize,
    /// What was seen.
    pub report: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "at operation {}: {}", self.step, self.report)
    }
}

/// Applies `sequence` to all `subjects`, which read `clock`; counts what came up. The first subject
/// is the model.
///
/// # Errors
/// The first difference.
pub fn run(
    sequence: &Sequence,
    subjects: &mut [Subject],
    clock: &ManualClock,
    coverage: &mut Coverage,
) -> Result<(), Difference> {
    let mut next_due = None;
    for (step, operation) in sequence.operations.iter().enumerate() {
        let differs = |report| Difference { step, report };
        if let Operation::AdvanceToDue(offset) = operation
            && let Some(due) = next_due
        {
            clock.set(clock.now().max(due + offset));
        }
        if let Operation::Advance(by) = operation {
            clock.advance(*by);
        }
        // Ids are given one after the other, so their number tells the latest.
        let pushed = subjects[0].store.stats().map_err(|error| differs(error.to_string()))?.pushed;
        let picks = Picks { latest: pushed.unsigned_abs() };
        let mut answers = subjects.iter_mut().map(|subject| subject.apply(operation, picks));
        let Some(first) = answers.next() else { return Ok(()) };
        let others: Vec<Answer> = answers.collect();
        for (index, other) in others.iter().enumerate() {
            if !first.allows(other, clock.now()) {
                let names = (subjects[0].name, subjects[index + 1].name);
                return Err(differs(report(names, &first, other)));
            }
        }
        if let Operation::SetBack(by) = operation {
            clock.advance(-by);
        }
        if let Answer::Popped(Ok(batch)) = &first {
            next_due = batch.next_due;
        }
        if let Answer::Dump(Ok(dump)) = &first {
            invariants::check(dump).map_err(differs)?;
        }
        coverage.see(operation, &first);
        if step + 1 == sequence.operations.len()
            && let Ok(sums) = subjects[0].store.stats()
        {
            coverage.see_sums(&sums);
        }
    }
    Ok(())
}

fn report(names: (&str, &str), first: &Answer, other: &Answer) -> String {
    let (first, other) = (format!("{first:#?}\n"), format!("{other:#?}\n"));
    let diff = TextDiff::from_lines(&first, &other);
    diff.unified_diff().context_radius(12).header(names.0, names.1).to_string()
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

impl Subject {
    fn apply(&mut self, operation: &Operation, picks: Picks) -> Answer {
        let tag = self.tokens.last().map_or(0, |token| token.queue);
        let store = &self.store;
        let answer = match operation {
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
        answer.without_tag(tag)
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
            Outcome::Complete { .. } => Outcome::Complete { then: picks.jobs(&picked.then) },
            other => other.clone(),
        };
        Some(Ending { token: self.token(picked.token)?, outcome })
    }
}

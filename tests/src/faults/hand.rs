//! One thread of an actor: does things at random, each between two entries of the ledger.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use fairlane::{BackoffPolicy, ErrorCode, JobId, NewJob, Queue, Token};
use fastrand::Rng;
use nix::sys::signal::{Signal, raise};

use super::actor::{Actor, LANES};
use super::ledger::{Deed, Delivered, Handle, Ledger, Outcome};

/// How many jobs an actor lets wait before it stops to push.
const ENOUGH_WAITING: i64 = 200;

/// Works a queue off until nothing can be delivered any more; keeps a ledger like any other actor.
///
/// # Panics
/// If work is left that does not come within `patience`.
pub fn drain(queue: &Queue, ledger: &Path, patience: Duration) {
    let ledger = Ledger::create(ledger);
    let lease = Duration::from_secs(60);
    let mut last = Instant::now();
    loop {
        let counts = queue.stats().unwrap().counts;
        if counts.ready + counts.delayed + counts.in_flight == 0 {
            return;
        }
        assert!(last.elapsed() < patience, "work is left and does not come: {counts:?}");
        let taken = pop(queue, &ledger, 100, Duration::from_millis(50), lease);
        if taken.is_empty() {
            continue;
        }
        last = Instant::now();
        let tokens: Vec<Token> = taken.into_iter().map(|(token, _)| token).collect();
        let complete = |token| Deed::Complete { of: Handle::from(token), then: vec![] };
        ledger.keep_many(tokens.iter().map(complete).collect(), || {
            queue.mark_complete_many(&tokens).unwrap().into_iter().map(outcome).collect()
        });
    }
}

fn pop(
    queue: &Queue,
    ledger: &Ledger,
    count: usize,
    wait: Duration,
    lease: Duration,
) -> Vec<(Token, Instant)> {
    let mut tokens = Vec::new();
    ledger.keep(Deed::Pop { lease: lease.as_millis() as i64 }, || {
        match queue.pop_many(count, wait, lease) {
            Ok(jobs) => {
                let lapses_at = Instant::now() + lease;
                tokens = jobs.iter().map(|job| (job.token, lapses_at)).collect();
                Outcome::Popped { jobs: jobs.iter().map(Delivered::from).collect() }
            }
            Err(error) => refused(&error),
        }
    });
    tokens
}

fn outcome(result: fairlane::Result<()>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(error) if error.code() == ErrorCode::StaleToken => Outcome::Stale,
        Err(error) => refused(&error),
    }
}

fn refused(error: &fairlane::Error) -> Outcome {
    Outcome::Refused { code: error.code().number(), message: error.to_string() }
}

/// One thread of an actor.
pub(super) struct Hand<'a> {
    pub queue: &'a Queue,
    pub ledger: &'a Ledger,
    /// The jobs that this process pushed last: to be parents, or to be cancelled.
    pub known: &'a Mutex<Vec<JobId>>,
    pub actor: &'a Actor,
    pub rng: Rng,
    pub name: String,
    pub pushes: u64,
    pub held: Vec<(Token, Instant)>,
}

/// Something that a hand does.
type Act<'a> = fn(&mut Hand<'a>);

impl<'a> Hand<'a> {
    pub fn act(&mut self) {
        let habits = self.actor.habits;
        let deeds: [(u32, Act<'a>); 11] = [
            (habits.push, Self::push),
            (habits.pop, Self::pop),
            (habits.complete, Self::complete),
            (habits.retry, Self::retry),
            (habits.fail, Self::fail),
            (habits.release, Self::release),
            (habits.extend, Self::extend),
            (habits.cancel, Self::cancel),
            (habits.sweep, Self::sweep),
            (habits.stall, Self::stall),
            (habits.die, Self::die),
        ];
        let mut drawn = self.rng.u32(..deeds.iter().map(|(weight, _)| weight).sum::<u32>());
        for (weight, deed) in deeds {
            if drawn < weight {
                return deed(self);
            }
            drawn -= weight;
        }
    }

    fn payload(&mut self) -> String {
        self.pushes += 1;
        format!("{}-{}", self.name, self.pushes)
    }

    fn job(&mut self, payload: &str) -> NewJob {
        let backoff = BackoffPolicy { min: 1, max: 50, factor: 2.0, jitter: true };
        let lane = LANES[self.rng.usize(..LANES.len())];
        let mut job = NewJob::new(payload).lane(lane).backoff(backoff);
        job = job.priority(self.rng.i64(0..=9)).cost(self.rng.i64(1..=3));
        if self.rng.u8(..4) == 0 {
            job = job.max_tries(self.rng.i64(1..=3));
        }
        if self.rng.u8(..8) == 0 {
            job = job.delay(Duration::from_millis(self.rng.u64(..30)));
        }
        job
    }

    fn push(&mut self) {
        if self.queue.size(None).unwrap() > ENOUGH_WAITING {
            return match self.actor.habits.pop {
                0 => std::thread::sleep(Duration::from_millis(1)),
                _ => self.pop(),
            };
        }
        let payload = self.payload();
        let mut job = self.job(&payload);
        if self.rng.u8(..8) == 0 {
            job.after = self.known_job();
        }
        let deed = Deed::Push { payload, after: job.after.map(|parent| parent.0) };
        self.ledger.keep(deed, || match self.queue.push(job) {
            Ok(id) => {
                let mut known = self.known.lock().unwrap();
                known.push(id);
                if known.len() > 100 {
                    known.drain(..50);
                }
                Outcome::Pushed { job: id.0 }
            }
            Err(error) => refused(&error),
        });
    }

    fn pop(&mut self) {
        if self.held.len() > 8 {
            return self.complete();
        }
        let (count, wait) = (self.rng.usize(1..4), Duration::from_millis(self.rng.u64(..20)));
        let lease = self.lease();
        self.held.extend(pop(self.queue, self.ledger, count, wait, lease));
    }

    fn complete(&mut self) {
        let Some(token) = self.take_held() else {
            return;
        };
        if self.rng.u8(..10) > 0 {
            let deed = Deed::Complete { of: Handle::from(&token), then: vec![] };
            self.ledger.keep(deed, || outcome(self.queue.mark_complete(&token)));
            return;
        }
        let payload = self.payload();
        let then = vec![self.job(&payload)];
        let deed = Deed::Complete { of: Handle::from(&token), then: vec![payload] };
        self.ledger.keep(deed, || outcome(self.queue.mark_complete_then(&token, then)));
    }

    fn retry(&mut self) {
        let Some(token) = self.take_held() else {
            return;
        };
        let deed = Deed::Retry { of: Handle::from(&token) };
        self.ledger.keep(deed, || outcome(self.queue.retry(&token, "tried in vain", None)));
    }

    fn fail(&mut self) {
        let Some(token) = self.take_held() else {
            return;
        };
        let deed = Deed::Fail { of: Handle::from(&token) };
        self.ledger.keep(deed, || outcome(self.queue.fail(&token, "failed for good")));
    }

    fn release(&mut self) {
        let Some(token) = self.take_held() else {
            return;
        };
        let delay = Duration::from_millis(self.rng.u64(..20));
        let deed = Deed::Release { of: Handle::from(&token) };
        self.ledger.keep(deed, || outcome(self.queue.release(&token, delay)));
    }

    fn extend(&mut self) {
        let lease = self.lease();
        let Some((token, lapses_at)) = self.rng.choice(&mut self.held) else {
            return;
        };
        let deed = Deed::Extend { of: Handle::from(&*token), lease: lease.as_millis() as i64 };
        self.ledger.keep(deed, || outcome(self.queue.extend(token, lease)));
        *lapses_at = Instant::now() + lease;
    }

    fn cancel(&mut self) {
        let Some(job) = self.known_job() else { return };
        self.ledger.keep(Deed::Cancel { job: job.0 }, || match self.queue.cancel(job) {
            Ok(true) => Outcome::Done,
            Ok(false) => Outcome::Nothing,
            Err(error) => refused(&error),
        });
    }

    fn sweep(&mut self) {
        self.ledger.keep(Deed::Sweep, || outcome(self.queue.dethrottle().map(drop)));
    }

    /// Holds a job until others may have it, and then acts on it all the same.
    fn stall(&mut self) {
        let Some((token, lapses_at)) = self.held.pop() else {
            return;
        };
        self.ledger.note(Deed::Stall { of: Handle::from(&token) });
        // The lease counts from a moment before the pop returned, so it has lapsed by then.
        std::thread::sleep(lapses_at.saturating_duration_since(Instant::now()));
        let others = std::mem::replace(&mut self.held, vec![(token, lapses_at)]);
        let deeds: [Act<'a>; 4] = [Self::complete, Self::retry, Self::fail, Self::release];
        deeds[self.rng.usize(..4)](self);
        self.held.extend(others);
    }

    fn die(&mut self) {
        self.ledger.note(Deed::Die);
        raise(Signal::SIGKILL).unwrap();
    }

    fn take_held(&mut self) -> Option<Token> {
        if self.held.is_empty() {
            return None;
        }
        let index = self.rng.usize(..self.held.len());
        Some(self.held.swap_remove(index).0)
    }

    fn known_job(&mut self) -> Option<JobId> {
        let known = self.known.lock().unwrap();
        self.rng.choice(known.iter()).copied()
    }

    fn lease(&mut self) -> Duration {
        let (shortest, longest) = self.actor.leases;
        Duration::from_millis(self.rng.i64(shortest..=longest) as u64)
    }
}

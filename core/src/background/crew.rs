//! The threads of a background processor in one process.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::background::board::{Board, Work};
use crate::background::event::Event;
use crate::background::options::BackgroundOptions;
use crate::background::outcome::Outcome;
use crate::background::{hand, keeper};
use crate::clock::{Clock as _, SystemClock, millis};
use crate::error::{Error, ErrorCode, Result};
use crate::fork;
use crate::queue::Queue;
use crate::store::{NewHold, Owner};

/// How long a close waits, at its end, for the store to be told what was dropped.
const GIVING_BACK: Duration = Duration::from_secs(1);

/// What is done with each argument.
pub(super) type Function<T> = dyn Fn(T) -> Outcome + Send + Sync;

/// What a processor is to do.
pub(super) struct Plan<T> {
    pub(super) queue: Queue,
    pub(super) function: Box<Function<T>>,
    pub(super) options: BackgroundOptions,
}

/// A processor in one process; a forked child has one of its own, which begins with nothing.
pub(super) struct Crew<T> {
    plan: Arc<Plan<T>>,
    pub(super) board: Board<T>,
    process: u32,
    owners: Owners,
}

impl<T: Send + 'static> Crew<T> {
    pub(super) fn new(plan: Arc<Plan<T>>) -> Arc<Self> {
        let (board, process) = (Board::new(), fork::process());
        Arc::new(Self { plan, board, process, owners: Owners::new() })
    }

    pub(super) fn is_here(&self) -> bool {
        self.process == fork::process()
    }

    pub(super) fn queue(&self) -> &Queue {
        &self.plan.queue
    }

    pub(super) fn options(&self) -> &BackgroundOptions {
        &self.plan.options
    }

    pub(super) fn call(&self, arg: T) -> Outcome {
        (self.plan.function)(arg)
    }

    pub(super) fn schedule(self: &Arc<Self>, key: &str, backoff: Duration, arg: T) -> Result<bool> {
        self.start()?;
        let Some(claim) = self.board.claim(key)? else { return Ok(false) };
        let owner = self.owners.next();
        let hold = NewHold { key: key.to_owned(), owner, backoff: millis(backoff) };
        let until = Instant::now().checked_add(backoff);
        let blind_until = match self.ask(hold) {
            Ok(false) => return Ok(false),
            Ok(true) => None,
            Err(error) if error.retryable() && self.options().fail_open => {
                // What the store cannot tell, this process knows of its own work.
                if self.board.is_running(key) {
                    return Ok(false);
                }
                until
            }
            Err(error) => return Err(error),
        };
        // Also where the store gave no answer: the hold may have been taken.
        claim.enter(owner, arg, self.options().lease, blind_until)?;
        Ok(true)
    }

    /// Asks the store for a key, unless it has just failed to answer.
    fn ask(&self, hold: NewHold) -> Result<bool> {
        if let Some(error) = self.board.away() {
            return Err(error);
        }
        let asked_at = Instant::now();
        let held = self.queue().hold(vec![hold], self.options().lease);
        if let Err(error) = &held
            && error.retryable()
        {
            self.board.note_away(error, asked_at.elapsed());
            self.options().tell(&Event::Trouble { error });
        }
        Ok(held?.first().copied().unwrap_or(false))
    }

    /// Starts the threads that are not there yet.
    fn start(self: &Arc<Self>) -> Result<()> {
        self.board.spawn(1 + self.options().concurrency, |number| {
            let crew = Arc::clone(self);
            let (name, work): (_, fn(&Self)) = match number {
                0 => ("fairlane-background-keeper".to_owned(), keeper::keep),
                _ => (format!("fairlane-background-{number}"), hand::work),
            };
            let spawned = thread::Builder::new().name(name).spawn(move || work(&crew));
            spawned.map(drop).map_err(|error| {
                let message = format!("no thread for background work: {error}");
                Error::new(ErrorCode::Unavailable, message)
            })
        })
    }

    /// Ends; see [`super::BackgroundProcessor::close`].
    pub(super) fn close(&self, drain: bool, patience: Duration) -> bool {
        self.close_board(drain);
        if self.wait_for(patience) && drain {
            return true;
        }
        self.close_board(false);
        self.board.wait_for_telling(Instant::now().checked_add(GIVING_BACK))
    }

    pub(super) fn drain(&self) {
        self.close_board(true);
    }

    pub(super) fn wait_for(&self, timeout: Duration) -> bool {
        self.board.wait_for_end(Instant::now().checked_add(timeout))
    }

    fn close_board(&self, drain: bool) {
        for Work { key, .. } in self.board.close(drain, self.options().lease) {
            self.options().tell(&Event::Dropped { key: &key });
        }
    }
}

/// Draws owners that no other process draws, nor a child of this one: a fork copies all that is
/// random in a process but not its number.
struct Owners {
    keys: RandomState,
    born: (u32, i64),
    next: AtomicU64,
}

impl Owners {
    fn new() -> Self {
        let born = (fork::process(), SystemClock.now());
        Self { keys: RandomState::new(), born, next: AtomicU64::new(0) }
    }

    fn next(&self) -> Owner {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Owner(self.keys.hash_one((self.born, number)))
    }
}

//! The threads of one start of a worker.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorCode, Result};
use crate::worker::board::Board;
use crate::worker::plan::Plan;
use crate::worker::{WorkerState, hand, keeper, popper};

/// How long a stop waits, at its end, for the store to take back what still runs.
const GIVING_BACK: Duration = Duration::from_secs(1);

/// One start of a worker, from there to its end.
pub(super) struct Crew {
    plan: Plan,
    pub(super) board: Board,
    /// The process that has the threads; a forked child has none, and the board's lock may be held
    /// for ever there.
    process: u32,
}

impl Crew {
    /// Starts all threads, or none that goes on.
    pub(super) fn start(plan: Plan) -> Result<Arc<Self>> {
        let board = Board::new(plan.concurrency, &plan.sources);
        let crew = Arc::new(Self { plan, board, process: std::process::id() });
        let spawn = |name: String, work: Box<dyn FnOnce(&Crew) + Send>| {
            let crew = Arc::clone(&crew);
            thread::Builder::new().name(name).spawn(move || work(&crew)).map_err(|error| {
                Error::new(ErrorCode::Unavailable, format!("no thread for a worker: {error}"))
            })
        };
        let mut missing = crew.plan.sources.len();
        let mut spawn_all = || {
            spawn("fairlane-keeper".into(), Box::new(keeper::keep))?;
            for place in 0..crew.plan.sources.len() {
                let work = Box::new(move |crew: &Crew| popper::pop_all(crew, place));
                spawn(format!("fairlane-popper-{place}"), work)?;
                missing -= 1;
            }
            for number in 0..crew.plan.concurrency {
                spawn(format!("fairlane-hand-{number}"), Box::new(hand::work))?;
            }
            Ok(())
        };
        let spawned: Result<()> = spawn_all();
        if let Err(error) = spawned {
            crew.board.drain(None);
            // The keeper waits for them, and gives back what the others pop.
            (0..missing).for_each(|_| crew.board.popper_ended());
            return Err(error);
        }
        Ok(crew)
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(super) fn state(&self) -> WorkerState {
        if !self.is_here() || self.board.is_ended() {
            WorkerState::Stopped
        } else if self.board.is_draining() {
            WorkerState::Stopping
        } else {
            WorkerState::Running
        }
    }

    pub(super) fn drain(&self) {
        if self.is_here() {
            self.board.drain(None);
        }
    }

    pub(super) fn wait_for(&self, timeout: Duration) -> bool {
        if self.is_here() {
            self.board.wait_for_end(Instant::now().checked_add(timeout));
        }
        self.state() == WorkerState::Stopped
    }

    /// Ends; see [`super::Worker::stop`]. `None` waits for as long as handlers take.
    pub(super) fn stop(&self, until: Option<Instant>) -> bool {
        if !self.is_here() {
            return true;
        }
        self.board.drain(None);
        if self.board.wait_for_end(until) {
            return true;
        }
        self.board.give_up();
        self.board.wait_for_end(Instant::now().checked_add(GIVING_BACK))
    }

    pub(super) fn wait(&self) -> Result<()> {
        if self.is_here() {
            self.board.wait_for_end(None);
            return self.board.failure().map_or(Ok(()), Err);
        }
        Ok(())
    }

    fn is_here(&self) -> bool {
        self.process == std::process::id()
    }
}

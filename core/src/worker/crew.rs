//! The threads of one start of a worker.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorCode, Result};
use crate::worker::assignment::Assignment;
use crate::worker::board::{Board, Parting};
use crate::worker::delivery::Delivery;
use crate::worker::event::Event;
use crate::worker::plan::{Hands, Plan};
use crate::worker::signal::Reason;
use crate::worker::verdicts::Verdicts;
use crate::worker::{WorkerState, ender, hand, keeper, plan, popper};

/// How long a stop waits, at its end, for the store to take back what still runs.
const GIVING_BACK: Duration = Duration::from_secs(1);

/// One start of a worker, from there to its end.
pub(super) struct Crew {
    plan: Plan,
    pub(super) board: Arc<Board>,
    /// What handlers have said, a place a queue.
    pub(super) verdicts: Vec<Arc<Verdicts>>,
    /// The process that has the threads; a forked child has none, and the board's lock may be held
    /// for ever there.
    process: u32,
}

impl Crew {
    /// Starts all threads, or none that goes on.
    pub(super) fn start(plan: Plan) -> Result<Arc<Self>> {
        let board = Arc::new(Board::new(&plan));
        let verdicts = plan.sources.iter().map(|_| Arc::new(Verdicts::new(&board))).collect();
        let crew = Arc::new(Self { plan, board, verdicts, process: std::process::id() });
        let spawn = |name: String, work: Box<dyn FnOnce(&Crew) + Send>| {
            let crew = Arc::clone(&crew);
            let spawned = thread::Builder::new().name(name).spawn(move || work(&crew));
            spawned.map(drop).map_err(|error| {
                Error::new(ErrorCode::Unavailable, format!("no thread for a worker: {error}"))
            })
        };
        let mut missing = crew.plan.sources.len();
        let mut spawn_all = || {
            spawn("fairlane-keeper".into(), Box::new(keeper::keep))?;
            // Before the poppers: what these hand out must have somebody who ends it.
            for place in 0..crew.plan.sources.len() {
                let work = Box::new(move |crew: &Crew| ender::end_all(crew, place));
                spawn(format!("fairlane-ender-{place}"), work)?;
            }
            if let Hands::Own(handler) = &crew.plan.hands {
                for number in 0..crew.plan.concurrency {
                    let handler = Arc::clone(handler);
                    let work = Box::new(move |crew: &Crew| hand::work(crew, &*handler));
                    spawn(format!("fairlane-hand-{number}"), work)?;
                }
            }
            for place in 0..crew.plan.sources.len() {
                let work = Box::new(move |crew: &Crew| popper::pop_all(crew, place));
                spawn(format!("fairlane-popper-{place}"), work)?;
                missing -= 1;
            }
            Ok(())
        };
        let spawned: Result<()> = spawn_all();
        if let Err(error) = spawned {
            crew.leave_off(None);
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
            self.leave_off(None);
        }
    }

    /// Takes no more jobs, for that reason if there is one, and tells the handlers that run.
    pub(super) fn leave_off(&self, failure: Option<Error>) {
        for delivery in self.board.drain(failure) {
            self.plan.raise(&delivery, Reason::Stopping);
        }
    }

    /// Hands out what may begin, if handlers run elsewhere.
    pub(super) fn deal(&self) {
        let Hands::Elsewhere(receiver) = &self.plan.hands else { return };
        let begun = self.board.begin_free(self.plan.timeout);
        if begun.is_empty() {
            return;
        }
        for delivery in &begun {
            self.plan.tell(&Event::Started { job: delivery });
        }
        let assign = |delivery: Arc<Delivery>| {
            let verdicts = Arc::clone(&self.verdicts[delivery.place]);
            Assignment::new(delivery, verdicts)
        };
        let assignments = begun.into_iter().map(assign).collect();
        plan::guard("receiver", || receiver.deliver(assignments));
    }

    /// Ends, the keeper as its last: what handlers say from now on counts no more.
    pub(super) fn end(&self) {
        for verdicts in &self.verdicts {
            verdicts.end();
        }
        if let Hands::Elsewhere(receiver) = &self.plan.hands {
            plan::guard("receiver", || receiver.ended());
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
        self.leave_off(None);
        self.board.wait_for_end(until) || self.part(Parting::Release)
    }

    /// Gives up what still runs; tells whether every handler has returned.
    pub(super) fn part(&self, parting: Parting) -> bool {
        if !self.is_here() {
            return true;
        }
        self.leave_off(None);
        self.board.give_up(parting);
        self.board.wait_for_end(Instant::now().checked_add(GIVING_BACK))
    }

    /// Gives back what still runs, without waiting.
    pub(super) fn give_up(&self) {
        if self.is_here() {
            self.leave_off(None);
            self.board.give_up(Parting::Release);
        }
    }

    /// Gives the reason why it ended by itself, if it has ended.
    pub(super) fn failure(&self) -> Option<Error> {
        self.board.failure().filter(|_| self.is_here())
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

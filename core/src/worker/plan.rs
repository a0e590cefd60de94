//! What a worker is to do.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::error::Result;
use crate::queue::Queue;
use crate::worker::assignment::Receiver;
use crate::worker::delivery::Delivery;
use crate::worker::event::Event;
use crate::worker::signal::Reason;
use crate::worker::verdict::Verdict;

pub(super) type Handler = dyn Fn(&Delivery) -> Verdict + Send + Sync;
/// Calls what it is given, once.
pub(super) type Around = dyn Fn(&mut dyn FnMut()) + Send + Sync;
pub(super) type Observer = dyn Fn(&Event<'_>) + Send + Sync;

#[derive(Clone)]
pub(super) struct Plan {
    pub(super) sources: Vec<Source>,
    pub(super) hands: Hands,
    pub(super) around: Option<Arc<Around>>,
    pub(super) observer: Option<Arc<Observer>>,
    pub(super) concurrency: usize,
    pub(super) lease: Duration,
    pub(super) timeout: Option<Duration>,
    /// How many handlers begin until it stops by itself.
    pub(super) max_jobs: u64,
    /// Whether it stops by itself when its queues are empty.
    pub(super) until_empty: bool,
}

/// Who calls handlers.
#[derive(Clone)]
pub(super) enum Hands {
    /// Threads of the worker.
    Own(Arc<Handler>),
    /// A host, in its own way.
    Elsewhere(Arc<dyn Receiver>),
}

/// A queue, and how much of the worker it gets beside others.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) queue: Queue,
    pub(super) weight: u32,
}

impl Plan {
    /// Tells the observer, if there is one, and the log.
    pub(super) fn tell(&self, event: &Event<'_>) {
        event.log();
        if let Some(observer) = &self.observer {
            guard("observer", || observer(event));
        }
    }

    /// Tells whether no queue has a job left that could still come to any worker. What is blocked
    /// then waits for dead jobs, and would wait for ever.
    pub(super) fn is_empty(&self) -> Result<bool> {
        for source in &self.sources {
            let counts = source.queue.stats()?.counts;
            if counts.ready + counts.delayed + counts.in_flight > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Tells the handler of a delivery that it need not go on.
    pub(super) fn raise(&self, delivery: &Delivery, reason: Reason) {
        delivery.signal().raise(reason);
        if let Hands::Elsewhere(receiver) = &self.hands {
            guard("receiver", || receiver.raised(delivery, reason));
        }
    }
}

/// Calls what is not fairlane's own: its panic must not end a thread of the worker.
pub(super) fn guard(what: &str, call: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(call)).is_err() {
        log::error!("worker: its {what} panicked");
    }
}

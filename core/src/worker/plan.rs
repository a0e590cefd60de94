//! What a worker is to do.

use std::sync::Arc;
use std::time::Duration;

use crate::queue::Queue;
use crate::worker::delivery::Delivery;
use crate::worker::event::Event;
use crate::worker::verdict::Verdict;

pub(super) type Handler = dyn Fn(&Delivery) -> Verdict + Send + Sync;
pub(super) type Observer = dyn Fn(&Event<'_>) + Send + Sync;

#[derive(Clone)]
pub(super) struct Plan {
    pub(super) sources: Vec<Source>,
    pub(super) handler: Arc<Handler>,
    pub(super) observer: Option<Arc<Observer>>,
    pub(super) concurrency: usize,
    pub(super) lease: Duration,
    pub(super) timeout: Option<Duration>,
}

/// A queue, and how much of the worker it gets beside others.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) queue: Queue,
    pub(super) weight: u32,
}

impl Plan {
    /// Tells the observer, if there is one, and the log. A panic of the observer is logged: it must
    /// not end a thread of the worker.
    pub(super) fn tell(&self, event: &Event<'_>) {
        event.log();
        let Some(observer) = &self.observer else { return };
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| observer(event)));
        if told.is_err() {
            log::error!("worker: its observer panicked");
        }
    }
}

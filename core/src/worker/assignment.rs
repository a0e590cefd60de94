//! Deliveries whose handlers run elsewhere.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use crate::worker::delivery::Delivery;
use crate::worker::signal::Reason;
use crate::worker::verdict::Verdict;
use crate::worker::verdicts::Verdicts;

/// Runs handlers for a worker made by [`super::Worker::dispatching`]. It is called on the worker's
/// threads and must not block them.
pub trait Receiver: Send + Sync {
    /// Takes deliveries whose handlers are to begin, never more than there are free slots.
    fn deliver(&self, assignments: Vec<Assignment>);

    /// Tells that the handler of a delivery need not go on. The delivery may be one that has not
    /// begun.
    fn raised(&self, delivery: &Delivery, reason: Reason);

    /// Tells that the worker has stopped, the last of its calls: what handlers say counts no more. It
    /// may come a moment after those who wait for the end have gone on.
    fn ended(&self);
}

/// A delivery in the hands of a [`Receiver`]; reads as the [`Delivery`].
///
/// Dropped without an end it counts as a failed try.
#[derive(Debug)]
pub struct Assignment {
    delivery: Arc<Delivery>,
    verdicts: Arc<Verdicts>,
    began: Instant,
    is_ended: bool,
}

impl Assignment {
    pub(super) fn new(delivery: Arc<Delivery>, verdicts: Arc<Verdicts>) -> Self {
        Self { delivery, verdicts, began: Instant::now(), is_ended: false }
    }

    /// Says how the delivery is to end; does not block. The slot comes free when the store has been
    /// told.
    pub fn end(mut self, verdict: Verdict) {
        self.say(verdict);
    }

    fn say(&mut self, verdict: Verdict) {
        self.is_ended = true;
        let took = self.began.elapsed();
        self.verdicts.say(Arc::clone(&self.delivery), verdict, took);
    }
}

impl Deref for Assignment {
    type Target = Delivery;

    fn deref(&self) -> &Delivery {
        &self.delivery
    }
}

impl Drop for Assignment {
    fn drop(&mut self) {
        if !self.is_ended {
            self.say(Verdict::retry("handler did not say how it ended"));
        }
    }
}

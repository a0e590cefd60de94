//! One job in the hands of a handler.

use std::ops::Deref;

use crate::job::Job;
use crate::queue::Queue;
use crate::worker::signal::Signal;

/// A job that was delivered to a handler; reads as the [`Job`].
#[derive(Debug)]
pub struct Delivery {
    job: Job,
    queue: Queue,
    signal: Signal,
    /// Where its queue stands among those of the worker.
    pub(super) place: usize,
    /// Names it on the board of its crew.
    pub(super) number: u64,
}

impl Delivery {
    pub(super) fn new(job: Job, queue: Queue, place: usize, number: u64) -> Self {
        Self { job, queue, signal: Signal::default(), place, number }
    }

    /// Gives the queue that the job came from.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Tells where its queue stands among those of the worker: 0 is the first.
    pub fn place(&self) -> usize {
        self.place
    }

    /// Gives its number, which no other delivery has from one start of its worker to the stop.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Gives what tells when the handler need not go on.
    pub fn signal(&self) -> &Signal {
        &self.signal
    }
}

impl Deref for Delivery {
    type Target = Job;

    fn deref(&self) -> &Job {
        &self.job
    }
}

//! Waiting, step by step: for hosts that wait in one thread on behalf of many callers.

use std::time::Duration;

use crate::clock::duration;
use crate::error::Result;
use crate::job::Job;
use crate::queue::Queue;
use crate::store::Waiter;

/// The calling thread as a worker that waits; see [`Queue::waiting`].
///
/// What is pushed or comes due while it lives may ring it, and then rings no other worker. Who was
/// rung and does not pop after that must pass the ring on: [`Queue::dethrottle`] does.
pub struct Waiting<'a> {
    queue: &'a Queue,
    waiter: Box<dyn Waiter + 'a>,
    /// How long nothing comes due, by what the last pop told.
    until_due: Duration,
}

impl Queue {
    /// Enters the calling thread as a worker that waits, until the value is dropped. [`Queue::pop`]
    /// does all this by itself; this is the door for hosts that wait on behalf of many callers.
    ///
    /// # Errors
    /// `Closed`; those of the store.
    pub fn waiting(&self) -> Result<Waiting<'_>> {
        let waiter = self.store.waiter()?;
        Ok(Waiting { queue: self, waiter, until_due: Duration::ZERO })
    }
}

impl Waiting<'_> {
    /// Delivers up to `count` jobs, those that are there now.
    ///
    /// # Errors
    /// As [`Queue::pop_many`].
    pub fn pop(&mut self, count: usize, lease: Duration) -> Result<Vec<Job>> {
        let ask = Queue::ask(count, lease)?;
        let batch = self.queue.pop_with_ticks(ask, |ask| self.waiter.pop(ask))?;
        self.until_due = match batch.next_due {
            Some(due) if self.queue.clock.runs() => duration((due - self.queue.now()).max(1)),
            _ => Duration::MAX,
        };
        Ok(batch.jobs)
    }

    /// Sleeps until there may be a job, by what the last [`Waiting::pop`] told, and never much
    /// longer than `limit`. Returning promises nothing: pop to find out.
    ///
    /// # Errors
    /// `Closed`, once the queue is closed; those of the store.
    pub fn wait(&mut self, limit: Duration) -> Result<()> {
        self.waiter.wait(limit.min(self.until_due))
    }
}

//! Removing jobs before they are done, and freeing keys.

use crate::clock::Millis;
use crate::error::Result;
use crate::token::JobId;

use super::{Protocol, Reply, Request, scripts, unsigned};

/// How many jobs one request removes at most: a script stops the server for as long as it runs.
const PURGED_AT_ONCE: usize = 5_000;

impl Protocol {
    /// Removes a job in whatever state.
    pub fn cancel(&self, id: JobId, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::CANCEL, clock);
        request.push(id.to_string());
        request
    }

    /// Reads whether there was such a job.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_cancel(&self, reply: Reply) -> Result<bool> {
        Ok(reply.int()? == 1)
    }

    /// Removes some of the waiting jobs of a lane, or of the queue.
    pub fn purge(&self, lane: Option<&str>, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::PURGE, clock);
        request.push(lane.unwrap_or_default());
        request.push(PURGED_AT_ONCE.to_string());
        request
    }

    /// Reads how many went, and whether to purge again.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_purge(&self, reply: Reply) -> Result<(u64, bool)> {
        let mut parts = reply.list()?.into_iter();
        let mut number = || parts.next().unwrap_or(Reply::Nil).int();
        Ok((unsigned(number()?)?, number()? == 1))
    }

    /// Frees all keys.
    pub fn bump_keys(&self, clock: Option<Millis>) -> Request {
        self.request(&scripts::BUMP_KEYS, clock)
    }
}

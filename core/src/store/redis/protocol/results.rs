//! What has become of a job, and waiting for its end.

use crate::clock::Millis;
use crate::error::Result;
use crate::store::Fate;
use crate::token::JobId;

use super::{Protocol, Reply, Request, scripts, unexpected};

impl Protocol {
    /// Asks what has become of a job.
    pub fn fate(&self, id: JobId, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::RESULT, clock);
        request.push(id.to_string());
        request
    }

    /// Asks what has become of a job; if it has not ended, its end calls `who`, for some seconds,
    /// under [`Protocol::done_key`].
    pub fn await_end(&self, id: JobId, who: &str, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::AWAIT, clock);
        request.push(id.to_string());
        request.push(who);
        request
    }

    /// Gives the key of the marker that one takes who waits for the end of a job.
    pub fn done_key(&self, id: JobId) -> Vec<u8> {
        [self.key(), format!(":done:{id}").as_bytes()].concat()
    }

    /// Reads what has become of a job.
    ///
    /// # Errors
    /// `InvalidArgument` if it was never pushed; `Internal` if the answer is not one that the
    /// script gives.
    pub fn read_fate(&self, reply: Reply, id: JobId) -> Result<Fate> {
        let mut parts = reply.list()?.into_iter();
        let mut next = || parts.next().unwrap_or(Reply::Nil).bytes();
        match &next()?[..] {
            b"open" => Ok(Fate::Open),
            b"kept" => Ok(Fate::Kept(next()?)),
            b"dead" => Ok(Fate::Dead(String::from_utf8_lossy(&next()?).into_owned())),
            b"gone" => Ok(Fate::Gone),
            b"unknown" => Err(id.unknown()),
            _ => Err(unexpected("fate of a job")),
        }
    }
}

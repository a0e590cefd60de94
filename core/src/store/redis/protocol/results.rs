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

    /// Asks what has become of a job; if it has not ended, its end puts its id into the box of
    /// `listener`, if that comes within some seconds.
    pub fn await_end(&self, id: JobId, listener: &str, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::AWAIT, clock);
        request.push(id.to_string());
        request.push(listener);
        request
    }

    /// Gives the key of the box of a listener: markers named by the jobs that have ended.
    pub fn ends_key(&self, listener: &str) -> Vec<u8> {
        [self.key(), format!(":ends:{listener}").as_bytes()].concat()
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

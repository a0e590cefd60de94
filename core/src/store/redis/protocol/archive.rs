//! The archive of dead jobs.

use crate::clock::Millis;
use crate::error::Result;
use crate::store::FailedFilter;

use super::{Protocol, Reply, Request, Script, scripts, unsigned};

impl Protocol {
    /// Puts dead jobs back into their lanes.
    pub fn restore(&self, filter: &FailedFilter, clock: Option<Millis>) -> Request {
        self.archive(&scripts::RESTORE, filter, clock)
    }

    /// Forgets dead jobs.
    pub fn clean(&self, filter: &FailedFilter, clock: Option<Millis>) -> Request {
        self.archive(&scripts::CLEAN, filter, clock)
    }

    /// Reads how many dead jobs were restored or forgotten.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_count(&self, reply: Reply) -> Result<u64> {
        unsigned(reply.int()?)
    }

    fn archive(
        &self,
        script: &'static Script,
        filter: &FailedFilter,
        clock: Option<Millis>,
    ) -> Request {
        let mut request = self.request(script, clock);
        match filter {
            FailedFilter::All => request.push("a"),
            FailedFilter::Lane(lane) => {
                request.push("l");
                request.push(lane.as_bytes());
            }
            FailedFilter::Ids(ids) => {
                request.push("i");
                request.push("");
                for id in ids {
                    request.push(id.to_string());
                }
            }
        }
        request
    }
}

//! Looking.

use crate::error::Result;
use crate::job::JobInfo;
use crate::lane::{LaneInfo, Stats};
use crate::token::JobId;

use super::{Protocol, Reply, Request, Script, scripts, told, unsigned};

impl Protocol {
    /// Counts.
    pub fn stats(&self) -> Request {
        self.look(&scripts::STATS)
    }

    /// Reads the counts.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_stats(&self, reply: Reply) -> Result<Stats> {
        told::stats(reply)
    }

    /// Estimates the memory that the server spends on the queue.
    pub fn memory(&self) -> Request {
        self.look(&scripts::MEMORY)
    }

    /// Reads an estimate of memory, in bytes.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_memory(&self, reply: Reply) -> Result<u64> {
        unsigned(reply.int()?)
    }

    /// Lists lanes by name.
    pub fn lanes(&self, after: Option<&str>, limit: usize) -> Request {
        let mut request = self.look(&scripts::LANES);
        request.push(after.unwrap_or_default());
        request.push(limit.to_string());
        request
    }

    /// Reads a list of lanes.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_lanes(&self, reply: Reply) -> Result<Vec<LaneInfo>> {
        reply.list()?.into_iter().map(told::lane).collect()
    }

    /// Looks at one lane.
    pub fn lane(&self, name: &str) -> Request {
        let mut request = self.look(&scripts::LANE);
        request.push(name);
        request
    }

    /// Reads a lane, if there is one.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_lane(&self, reply: Reply) -> Result<Option<LaneInfo>> {
        if reply == Reply::Nil { Ok(None) } else { told::lane(reply).map(Some) }
    }

    /// Looks at a job.
    pub fn get(&self, id: JobId) -> Request {
        let mut request = self.look(&scripts::GET);
        request.push(id.to_string());
        request
    }

    /// Reads a job, if there is one.
    ///
    /// # Errors
    /// `Corrupt` if its record is not what fairlane wrote.
    pub fn read_get(&self, reply: Reply) -> Result<Option<JobInfo>> {
        if reply == Reply::Nil { Ok(None) } else { told::job(reply).map(|(job, _)| Some(job)) }
    }

    /// Looks at the first ready jobs of a lane.
    pub fn peek(&self, lane: &str, count: usize) -> Request {
        let mut request = self.look(&scripts::PEEK);
        request.push(lane);
        request.push(count.to_string());
        request
    }

    /// Lists dead jobs, the latest first.
    pub fn failed(&self, count: usize) -> Request {
        let mut request = self.look(&scripts::FAILED);
        request.push(count.to_string());
        request
    }

    /// Reads a list of jobs.
    ///
    /// # Errors
    /// `Corrupt` if a record is not what fairlane wrote.
    pub fn read_jobs(&self, reply: Reply) -> Result<Vec<JobInfo>> {
        reply.list()?.into_iter().map(|job| told::job(job).map(|(job, _)| job)).collect()
    }

    /// Begins a request of a verb that reads no clock.
    pub(super) fn look(&self, script: &'static Script) -> Request {
        self.request(script, None)
    }
}

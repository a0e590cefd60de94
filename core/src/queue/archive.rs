//! The archive of dead jobs, and the keys.

use crate::error::Result;
use crate::job::{JobInfo, validate_name};
use crate::queue::Queue;
use crate::store::FailedFilter;

impl Queue {
    /// Lists up to `count` dead jobs, the latest first.
    ///
    /// # Errors
    /// Those of the store.
    pub fn failed(&self, count: usize) -> Result<Vec<JobInfo>> {
        self.store.failed(count)
    }

    /// Puts dead jobs back to the end of their lanes, with all their tries; tells how many.
    ///
    /// # Errors
    /// `InvalidArgument` if a lane name is not accepted; those of the store.
    pub fn restore_failed(&self, filter: FailedFilter) -> Result<u64> {
        check(&filter)?;
        self.store.restore(filter)
    }

    /// Forgets dead jobs, and the jobs blocked on them; tells how many dead ones went.
    ///
    /// # Errors
    /// `InvalidArgument` if a lane name is not accepted; those of the store.
    pub fn clean_failed(&self, filter: FailedFilter) -> Result<u64> {
        check(&filter)?;
        self.store.clean(filter)
    }

    /// Frees all keys of the queue, everywhere: the next push of any key makes a job. Jobs that held
    /// a key go on without it.
    ///
    /// # Errors
    /// Those of the store.
    pub fn bump_keys(&self) -> Result<()> {
        self.store.bump_keys()
    }
}

fn check(filter: &FailedFilter) -> Result<()> {
    match filter {
        FailedFilter::Lane(lane) => validate_name("lane", lane),
        FailedFilter::All | FailedFilter::Ids(_) => Ok(()),
    }
}

//! What has become of a job, for those who wait for its end.

use std::time::Duration;

use crate::error::Result;

/// What has become of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It has not ended: it is ready, delayed, blocked or leased.
    Open,
    /// It has completed with this result, which is still kept.
    Kept(Vec<u8>),
    /// It is dead, with what its last try said.
    Dead(String),
    /// It has completed without a result, or with one that is not kept any more; or it was
    /// cancelled, purged or cleaned.
    Gone,
}

/// One who waits for the end of a job. Dropping it ends the wait.
pub trait Listener {
    /// Looks what has become of the job; what happens to it from then on calls this listener.
    ///
    /// # Errors
    /// `InvalidArgument` if the job was never pushed; those of the store.
    fn look(&mut self) -> Result<Fate>;

    /// Sleeps until the job may have ended or until `timeout` has passed, never much longer; tells
    /// whether there is a reason to look.
    ///
    /// # Errors
    /// `Closed`, once the store is closed.
    fn wait(&mut self, timeout: Duration) -> Result<bool>;
}

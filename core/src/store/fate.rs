//! What has become of a job, for those who wait for its end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::{Error, ErrorCode, Result};
use crate::token::JobId;

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

impl Fate {
    /// Says what [`crate::Queue::result`] gives of the job that has fared so; `None` if it has not
    /// ended.
    pub fn told(self, id: JobId) -> Option<Result<Option<Vec<u8>>>> {
        match self {
            Self::Open => None,
            Self::Kept(value) => Some(Ok(Some(value))),
            Self::Gone => Some(Ok(None)),
            Self::Dead(error) => {
                let message = match error.as_str() {
                    "" => format!("job {id} is dead: its last try gave no error"),
                    error => format!("job {id} is dead: {error}"),
                };
                Some(Err(Error::new(ErrorCode::JobFailed, message)))
            }
        }
    }
}

/// Names a listener to those who have jobs call it; no other of the process has that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ear(pub u64);

impl Ear {
    /// Gives a name that nobody has yet.
    pub fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// What a listener has heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// No call; its time has passed.
    Nothing,
    /// The ends of these jobs.
    Ends(Vec<JobId>),
    /// Any of its jobs may have ended: await each of them anew.
    Unknown,
}

/// A thread that sleeps until jobs end; [`super::Store::await_end`] says which. Dropping it ends
/// the wait.
pub trait Listener {
    /// Sleeps until called or until `timeout` has passed, never much longer.
    ///
    /// # Errors
    /// `Closed`, once the store is closed; those of the store.
    fn wait(&mut self, timeout: Duration) -> Result<News>;
}

//! What a handler says about its job.

use std::fmt::Display;
use std::time::Duration;

use crate::job::NewJob;
use crate::job_result::JobResult;

/// How a delivery is to end; what a handler gives back, or is converted from what it gives back:
/// `()` is done, `Ok(())` is done, and any error has the job tried again after its backoff.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The job is done; these follow in the same step.
    Done {
        /// The jobs to push.
        then: Vec<NewJob>,
        /// What is kept for [`crate::Queue::result`].
        result: Option<JobResult>,
    },
    /// The try failed; the job is dead if its tries are spent.
    Retry {
        /// Why; kept with the job.
        error: String,
        /// When the job comes again; by its backoff if `None`.
        delay: Option<Duration>,
    },
    /// The job failed for good.
    Fail {
        /// Why; kept with the job.
        error: String,
    },
    /// The job goes back untried.
    Release {
        /// 0 puts it to the front of its lane.
        delay: Duration,
    },
    /// The handler has ended the delivery itself.
    Ended,
}

impl Verdict {
    /// The job is done.
    pub fn done() -> Self {
        Self::Done { then: Vec::new(), result: None }
    }

    /// Keeps a result for [`crate::Queue::result`], if the job is done; any other verdict stays as
    /// it is.
    pub fn with_result(mut self, given: JobResult) -> Self {
        if let Self::Done { result, .. } = &mut self {
            *result = Some(given);
        }
        self
    }

    /// The try failed; the job comes again after its backoff.
    pub fn retry(error: impl Display) -> Self {
        Self::Retry { error: error.to_string(), delay: None }
    }

    /// The job failed for good.
    pub fn fail(error: impl Display) -> Self {
        Self::Fail { error: error.to_string() }
    }

    /// The job goes back untried, to the front of its lane.
    pub fn release() -> Self {
        Self::Release { delay: Duration::ZERO }
    }
}

impl From<()> for Verdict {
    fn from((): ()) -> Self {
        Self::done()
    }
}

impl<V: Into<Verdict>, E: Display> From<Result<V, E>> for Verdict {
    fn from(result: Result<V, E>) -> Self {
        match result {
            Ok(verdict) => verdict.into(),
            Err(error) => Self::retry(error),
        }
    }
}

//! Results: what a job leaves behind for whoever asks.

use std::time::Duration;

use crate::clock::{Millis, millis};
use crate::error::{Error, ErrorCode, Result};
use crate::job::validate_span;

/// How long a result is kept that names no time, in milliseconds: an hour.
pub const DEFAULT_RESULT_TTL: Millis = 3_600_000;

/// What a completed job leaves behind.
///
/// ```
/// use std::time::Duration;
/// use fairlane::JobResult;
/// let result = JobResult::new("42").ttl(Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobResult {
    /// The bytes; fairlane never looks into them.
    pub value: Vec<u8>,
    /// How long from the completion they are kept, in milliseconds; [`DEFAULT_RESULT_TTL`] by
    /// default. 0 keeps nothing.
    pub ttl: Millis,
}

impl JobResult {
    /// Makes a result that is kept for the default time.
    pub fn new(value: impl Into<Vec<u8>>) -> Self {
        Self { value: value.into(), ttl: DEFAULT_RESULT_TTL }
    }

    /// Sets how long it is kept.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = millis(ttl);
        self
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// `PayloadTooLarge` if it is over `max_payload` bytes; `InvalidArgument` if the time is out of
    /// range.
    pub fn validate(&self, max_payload: usize) -> Result<()> {
        if self.value.len() > max_payload {
            return Err(Error::new(
                ErrorCode::PayloadTooLarge,
                format!(
                    "result of {} bytes is too large: accepted are up to {max_payload} bytes",
                    self.value.len()
                ),
            ));
        }
        validate_span("result_ttl", self.ttl)
    }
}

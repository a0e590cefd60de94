use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;

use crate::backoff_policy::{fields, policy};
use crate::door;
use crate::number::Integer;
use crate::time::Seconds;

/// Counts attempts and tells how many seconds to wait before the next one.
///
/// It does not sleep. `limit` is the number of delays that it hands out, `expiration` the time from
/// the first delay; after either `duration()` gives None.
#[pyclass(frozen, module = "fairlane")]
pub struct Backoff(Mutex<fairlane::Backoff>);

impl Backoff {
    pub fn policy(&self) -> PyResult<fairlane::BackoffPolicy> {
        door::quick(|| self.lock().policy())
    }

    fn lock(&self) -> MutexGuard<'_, fairlane::Backoff> {
        // Each change is a single assignment: a panic leaves nothing half-done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Backoff {
    #[new]
    #[pyo3(
        signature = (
            min=Seconds(0.1), max=Seconds(10.0), factor=2.0, jitter=false, limit=None,
            expiration=None
        ),
        text_signature =
            "(min=0.1, max=10.0, factor=2.0, jitter=False, limit=None, expiration=None)"
    )]
    fn new(
        min: Seconds,
        max: Seconds,
        factor: f64,
        jitter: bool,
        limit: Option<Integer>,
        expiration: Option<Seconds>,
    ) -> PyResult<Self> {
        let policy = policy(min, max, factor, jitter)?;
        let limit = limit.map(|limit| limit.count("limit")).transpose()?;
        let expiration = expiration.map(|time| time.duration("expiration")).transpose()?;
        let backoff = door::quick(|| fairlane::Backoff::new(policy, limit, expiration))?;
        backoff.map(|backoff| Self(Mutex::new(backoff))).map_err(door::raise)
    }

    /// Give the seconds before the next attempt and count it; None when the limit or the
    /// expiration is reached.
    fn duration(&self) -> PyResult<Option<f64>> {
        let delay = door::quick(|| self.lock().duration())?;
        Ok(delay.map(|delay| delay.as_secs_f64()))
    }

    /// Give the seconds after that many earlier attempts, counted from 0, and change nothing.
    fn for_attempt(&self, attempt: Integer) -> PyResult<f64> {
        let attempt = attempt.count("attempt")?;
        let delay = door::quick(|| self.lock().for_attempt(attempt))?;
        Ok(delay.as_secs_f64())
    }

    /// The number of delays handed out since the start or the last reset.
    #[getter]
    fn attempt(&self) -> PyResult<u32> {
        door::quick(|| self.lock().attempt())
    }

    /// Start again from the first delay.
    fn reset(&self) -> PyResult<()> {
        door::quick(|| self.lock().reset())
    }

    /// Make a fresh backoff of the same settings, at its first delay.
    fn copy(&self) -> PyResult<Self> {
        let copy = door::quick(|| self.lock().copy())?;
        Ok(Self(Mutex::new(copy)))
    }

    fn __repr__(&self) -> PyResult<String> {
        let (policy, attempt) = door::quick(|| {
            let backoff = self.lock();
            (backoff.policy(), backoff.attempt())
        })?;
        Ok(format!("<Backoff {}, attempt={attempt}>", fields(&policy)))
    }
}

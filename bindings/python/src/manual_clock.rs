use std::sync::Arc;

use fairlane::clock::Clock;
use fairlane::convert;
use fairlane::job::MAX_DELAY;
use pyo3::prelude::*;

use crate::door;
use crate::time::{Moment, Seconds, seconds};

/// A clock that stands still until it is turned by hand, for tests of limits, delays and leases
/// without sleeping: `Queue(url, name, clock=clock)`.
///
/// `now` is seconds since 1970 or a datetime with a time zone. Every handle of a queue must be given
/// the same clock. A pop that waits is not woken by a turn of it: call pop or dethrottle after that.
#[pyclass(frozen, module = "fairlane")]
pub struct ManualClock(Arc<fairlane::clock::ManualClock>);

impl ManualClock {
    pub fn shared(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0) as _
    }
}

#[pymethods]
impl ManualClock {
    #[new]
    fn new(now: Moment) -> PyResult<Self> {
        let now = now.millis("now")?;
        Ok(Self(Arc::new(fairlane::clock::ManualClock::new(now))))
    }

    /// What the clock shows, in seconds since the Unix epoch.
    #[getter]
    fn now(&self) -> f64 {
        seconds(self.0.now())
    }

    /// Turn the clock forward by so many seconds; back, if they are negative.
    fn advance(&self, by: Seconds) -> PyResult<()> {
        let by = convert::span_within("advance", by.0, -MAX_DELAY..=MAX_DELAY);
        self.0.advance(by.map_err(door::raise)?);
        Ok(())
    }

    /// Turn the clock to a moment, forward or back.
    fn set(&self, now: Moment) -> PyResult<()> {
        self.0.set(now.millis("now")?);
        Ok(())
    }

    fn __repr__(&self) -> String {
        format!("ManualClock(now={:?})", self.now())
    }
}

use pyo3::prelude::*;

use crate::counts::Counts;
use crate::limits::Limits;
use crate::show;
use crate::time::seconds;

/// A lane, looked at.
#[pyclass(frozen, eq, module = "fairlane")]
#[derive(PartialEq)]
pub struct LaneInfo(fairlane::LaneInfo);

impl From<fairlane::LaneInfo> for LaneInfo {
    fn from(lane: fairlane::LaneInfo) -> Self {
        Self(lane)
    }
}

#[pymethods]
impl LaneInfo {
    /// The lane's name.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// Why it is served or not: "ready", "empty", "paused", "capped" or "throttled".
    #[getter]
    fn state(&self) -> &'static str {
        self.0.state.name()
    }

    /// How many of its jobs stand where.
    #[getter]
    fn counts(&self) -> Counts {
        Counts(self.0.counts)
    }

    /// The limits in force.
    #[getter]
    fn limits(&self) -> Limits {
        Limits(self.0.limits)
    }

    /// Whether it is paused.
    #[getter]
    fn paused(&self) -> bool {
        self.0.paused
    }

    /// When a throttled lane may start its next job, in seconds since the Unix epoch.
    #[getter]
    fn wakes_at(&self) -> Option<f64> {
        self.0.wakes_at.map(seconds)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!(
            "LaneInfo(name={}, state='{}', counts={})",
            show::text(py, &self.0.name)?,
            self.0.state.name(),
            self.counts().__repr__()
        ))
    }
}

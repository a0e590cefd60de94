use fairlane::Timing;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::show;
use crate::time::seconds;

/// A schedule, looked at.
#[pyclass(frozen, eq, module = "fairlane")]
#[derive(PartialEq)]
pub struct ScheduleInfo(fairlane::ScheduleInfo);

impl From<fairlane::ScheduleInfo> for ScheduleInfo {
    fn from(info: fairlane::ScheduleInfo) -> Self {
        Self(info)
    }
}

#[pymethods]
impl ScheduleInfo {
    /// The schedule's name.
    #[getter]
    fn name(&self) -> &str {
        &self.0.schedule.name
    }

    /// The lane of its jobs.
    #[getter]
    fn lane(&self) -> &str {
        &self.0.schedule.job.lane
    }

    /// The bytes that the worker gets.
    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.schedule.job.payload)
    }

    /// When it ticks by the calendar.
    #[getter]
    fn cron(&self) -> Option<&str> {
        self.0.schedule.timing.cron().map(|(expression, _)| expression)
    }

    /// The seconds from tick to tick, if it does not tick by the calendar.
    #[getter]
    fn every(&self) -> Option<f64> {
        match self.0.schedule.timing {
            Timing::Every(interval) => Some(seconds(interval)),
            Timing::Cron { .. } => None,
        }
    }

    /// Whose clock the calendar goes by.
    #[getter]
    fn timezone(&self) -> Option<&str> {
        self.0.schedule.timing.cron().map(|(_, timezone)| timezone)
    }

    /// What becomes of missed ticks: "one", "skip" or "all".
    #[getter]
    fn catch_up(&self) -> &'static str {
        self.0.schedule.catch_up.name()
    }

    /// When it ticks next, in seconds since the Unix epoch.
    #[getter]
    fn next_at(&self) -> f64 {
        seconds(self.0.next_at)
    }

    /// When it ticked last, if it did.
    #[getter]
    fn last_at(&self) -> Option<f64> {
        self.0.last_at.map(seconds)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let timing = match self.0.schedule.timing.cron() {
            Some((expression, timezone)) => format!(
                "cron={}, timezone={}",
                show::text(py, expression)?,
                show::text(py, timezone)?
            ),
            None => format!("every={:?}", self.every().unwrap_or_default()),
        };
        let name = show::text(py, self.name())?;
        Ok(format!("ScheduleInfo(name={name}, {timing}, next_at={:?})", self.next_at()))
    }
}

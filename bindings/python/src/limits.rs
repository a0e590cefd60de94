use pyo3::prelude::*;

use crate::time::seconds;

/// The limits in force for a lane or a whole queue; 0 means no limit.
#[pyclass(frozen, eq, module = "fairlane")]
#[derive(PartialEq)]
pub struct Limits(pub fairlane::Limits);

#[pymethods]
impl Limits {
    /// The exact rate: how many jobs may start in any window of how many seconds.
    #[getter]
    fn rate(&self) -> (i64, f64) {
        (self.0.rate.count, seconds(self.0.rate.window))
    }

    /// The most jobs in flight at once.
    #[getter]
    fn max_in_flight(&self) -> i64 {
        self.0.max_in_flight
    }

    /// The lane's share against other lanes.
    #[getter]
    fn weight(&self) -> i64 {
        self.0.weight
    }

    /// The most jobs waiting.
    #[getter]
    fn max_waiting(&self) -> i64 {
        self.0.max_waiting
    }

    pub fn __repr__(&self) -> String {
        let fairlane::Limits { rate, max_in_flight, weight, max_waiting } = self.0;
        format!(
            "Limits(rate=({}, {:?}), max_in_flight={max_in_flight}, weight={weight}, \
             max_waiting={max_waiting})",
            rate.count,
            seconds(rate.window)
        )
    }
}

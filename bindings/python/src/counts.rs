use pyo3::prelude::*;

/// How many jobs stand where.
#[pyclass(frozen, eq, module = "fairlane")]
#[derive(PartialEq)]
pub struct Counts(pub fairlane::Counts);

#[pymethods]
impl Counts {
    /// Jobs that wait for a worker.
    #[getter]
    fn ready(&self) -> i64 {
        self.0.ready
    }

    /// Jobs that wait for their time.
    #[getter]
    fn delayed(&self) -> i64 {
        self.0.delayed
    }

    /// Jobs that wait for another job.
    #[getter]
    fn blocked(&self) -> i64 {
        self.0.blocked
    }

    /// Jobs that are being worked on.
    #[getter]
    fn in_flight(&self) -> i64 {
        self.0.in_flight
    }

    /// Jobs that wait for anything: ready, delayed and blocked.
    #[getter]
    fn waiting(&self) -> i64 {
        self.0.waiting()
    }

    pub fn __repr__(&self) -> String {
        let fairlane::Counts { ready, delayed, blocked, in_flight } = self.0;
        format!(
            "Counts(ready={ready}, delayed={delayed}, blocked={blocked}, in_flight={in_flight})"
        )
    }
}

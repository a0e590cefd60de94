use pyo3::prelude::*;

/// What a sweep moved.
#[pyclass(frozen, eq, module = "fairlane")]
#[derive(PartialEq)]
pub struct Swept(fairlane::Swept);

impl From<fairlane::Swept> for Swept {
    fn from(swept: fairlane::Swept) -> Self {
        Self(swept)
    }
}

#[pymethods]
impl Swept {
    /// Delayed jobs that came due.
    #[getter]
    fn due(&self) -> u64 {
        self.0.due
    }

    /// Leases that lapsed.
    #[getter]
    fn lapsed(&self) -> u64 {
        self.0.lapsed
    }

    /// Throttled lanes whose time came.
    #[getter]
    fn woken(&self) -> u64 {
        self.0.woken
    }

    fn __repr__(&self) -> String {
        let fairlane::Swept { due, lapsed, woken } = self.0;
        format!("Swept(due={due}, lapsed={lapsed}, woken={woken})")
    }
}

use pyo3::prelude::*;

use crate::show;

/// What a push did.
#[pyclass(frozen, eq, module = "fairlane")]
#[derive(PartialEq)]
pub struct Pushed(fairlane::Pushed);

impl From<fairlane::Pushed> for Pushed {
    fn from(pushed: fairlane::Pushed) -> Self {
        Self(pushed)
    }
}

#[pymethods]
impl Pushed {
    /// The job's id; that of the job that holds the key, if the push made none.
    #[getter]
    fn id(&self) -> String {
        self.0.id.to_string()
    }

    /// Whether the push made a job.
    #[getter]
    fn is_new(&self) -> bool {
        self.0.is_new
    }

    fn __repr__(&self) -> String {
        format!("Pushed(id='{}', is_new={})", self.0.id, show::truth(self.0.is_new))
    }
}

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::door;

/// A running dethrottler; see `Queue.start_dethrottler`.
///
/// As a context manager it stops at the end of the block. It also stops when it is collected.
#[pyclass(frozen, module = "fairlane")]
pub struct Dethrottler(Mutex<Option<fairlane::Dethrottler>>);

impl From<fairlane::Dethrottler> for Dethrottler {
    fn from(dethrottler: fairlane::Dethrottler) -> Self {
        Self(Mutex::new(Some(dethrottler)))
    }
}

impl Dethrottler {
    fn take(&self) -> Option<fairlane::Dethrottler> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Dethrottler {
    fn drop(&mut self) {
        // Waits for a sweep under way, so that it must not hold the interpreter.
        if let Some(dethrottler) = self.take() {
            // A destructor has nobody to tell of a panic.
            drop(Python::attach(|py| door::run(py, || drop(dethrottler))));
        }
    }
}

#[pymethods]
impl Dethrottler {
    /// Stop, and wait until a sweep under way has ended. Stopping again is harmless.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        door::run(py, || drop(self.take()))
    }

    fn __enter__(self_: Py<Self>) -> Py<Self> {
        self_
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.stop(py)
    }
}

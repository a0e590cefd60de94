//! What the tests of the boundary ask.

use fairlane::{Error, ErrorCode};
use pyo3::prelude::*;

use crate::door;

/// List every error code: name, number, and whether it is retryable.
#[pyfunction]
pub fn _error_codes() -> Vec<(&'static str, i32, bool)> {
    ErrorCode::ALL.map(|code| (code.name(), code.number(), code.retryable())).to_vec()
}

/// Panic behind the door, to show that no panic crosses it.
#[pyfunction]
pub fn _panic(py: Python<'_>, text: String) -> PyResult<()> {
    door::call(py, || -> Result<(), Error> { panic!("{text}") })
}

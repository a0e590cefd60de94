use std::ffi::OsString;

use pyo3::prelude::*;

use crate::door;

/// Run the program fairlane with these arguments, its own name first, and give its exit code.
#[pyfunction]
pub fn _cli(py: Python<'_>, arguments: Vec<OsString>) -> PyResult<i32> {
    door::run(py, || fairlane::cli::run(arguments))
}

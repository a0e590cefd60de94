//! What Python calls around a fork, so that no queue's file is open across it.

use pyo3::prelude::*;

use crate::aio::gate;
use crate::door;

/// Let the calls under way end and close every queue's file; called before a fork.
#[pyfunction]
pub fn _before_fork(py: Python<'_>) -> PyResult<()> {
    door::run(py, fairlane::fork::prepare)
}

/// Go on in the parent; called after a fork.
#[pyfunction]
pub fn _after_fork_in_parent(py: Python<'_>) -> PyResult<()> {
    door::run(py, fairlane::fork::resume_parent)
}

/// Go on in the child; called after a fork.
#[pyfunction]
pub fn _after_fork_in_child(py: Python<'_>) -> PyResult<()> {
    gate::forked();
    door::run(py, fairlane::fork::resume_child)
}

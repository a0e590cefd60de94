//! Text that comes in.

use fairlane::{Error, JobId};
use pyo3::exceptions::PyUnicodeEncodeError;
use pyo3::prelude::*;
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier};

use crate::door;

/// A `str` that UTF-8 can encode; one with half a character is an `InvalidArgumentError`.
#[derive(Clone, Copy)]
pub struct Text<'a>(pub &'a str);

impl Text<'_> {
    /// Reads the id of a job.
    pub fn job_id(self) -> PyResult<JobId> {
        self.0.parse().map_err(door::raise)
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Text<'a> {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "str");

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        value.extract().map(Self).map_err(|error: PyErr| {
            if !error.is_instance_of::<PyUnicodeEncodeError>(value.py()) {
                return error;
            }
            let shown = value.repr().map(|shown| shown.to_string()).unwrap_or_default();
            door::raise(Error::invalid(format!(
                "text {shown} holds half a character: accepted is text that UTF-8 can encode"
            )))
        })
    }
}

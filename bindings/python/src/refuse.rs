//! Refusals of what came in, before fairlane is asked.

use fairlane::given;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::door;

/// Refuses a value of a wrong type.
pub fn wrong_type(value: &Bound<'_, PyAny>, accepted: &str) -> PyErr {
    match value.get_type().name() {
        Ok(name) => {
            PyTypeError::new_err(format!("{name} is not accepted: accepted are {accepted}"))
        }
        Err(error) => error,
    }
}

/// Refuses two arguments of which one is accepted.
pub fn both(one: &str, other: &str) -> PyErr {
    door::raise(given::both(one, other))
}

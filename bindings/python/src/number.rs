//! Numbers that come in.

use fairlane::{Error, convert};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;

use crate::door;
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier};

/// A whole number; one of more than 64 bits is an `InvalidArgumentError`, not an `OverflowError`.
#[derive(Clone, Copy)]
pub struct Integer(pub i64);

impl Integer {
    /// Gives a number of things, of whatever unsigned type fairlane counts them in.
    pub fn count<T: TryFrom<i64>>(self, what: &str) -> PyResult<T> {
        convert::count(what, self.0).map_err(door::raise)
    }
}

impl FromPyObject<'_, '_> for Integer {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "int");

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        value.extract().map(Self).map_err(|error| {
            if error.is_instance_of::<PyOverflowError>(value.py()) {
                door::raise(Error::invalid(format!(
                    "number {} is out of range: accepted are whole numbers of 64 bits",
                    &*value
                )))
            } else {
                error
            }
        })
    }
}

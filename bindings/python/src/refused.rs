//! An error that is told in its place and not raised.

use std::convert::Infallible;

use fairlane::Error;
use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier};

use crate::door;

/// Why one of many was refused: becomes the exception that would have been raised.
pub struct Refused(pub Error);

impl<'py> IntoPyObject<'py> for Refused {
    type Target = PyBaseException;
    type Output = Bound<'py, PyBaseException>;
    type Error = Infallible;

    #[cfg(feature = "stubs")]
    const OUTPUT_TYPE: PyStaticExpr = type_hint_identifier!("fairlane.errors", "Error");

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        Ok(door::exception(py, &self.0).into_value(py).into_bound(py))
    }
}

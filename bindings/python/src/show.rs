//! Text for `repr`.

use pyo3::prelude::*;
use pyo3::types::PyString;

/// Shows a text as Python would.
pub fn text(py: Python<'_>, text: &str) -> PyResult<String> {
    Ok(PyString::new(py, text).repr()?.to_string())
}

/// Shows a truth value as Python would.
pub fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

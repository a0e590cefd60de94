//! Payloads and results: bytes as they are, everything else as JSON.

use fairlane::Error;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyMemoryView, PyString};
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier, type_hint_subscript};

use crate::door;

/// The bytes of a payload.
pub struct Payload(pub Vec<u8>);

/// The bytes of a payload that stay with Python.
pub struct KeptPayload(pub Py<PyBytes>);

/// The bytes of a result.
pub struct ResultValue(pub Vec<u8>);

impl FromPyObject<'_, '_> for Payload {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "object");

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        bytes("payload", value).map(Self)
    }
}

impl FromPyObject<'_, '_> for KeptPayload {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "object");

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = value.cast_exact::<PyBytes>() {
            return Ok(Self(bytes.to_owned().unbind()));
        }
        Ok(Self(PyBytes::new(value.py(), &bytes("payload", value)?).unbind()))
    }
}

impl FromPyObject<'_, '_> for ResultValue {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "object");

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        bytes("result", value).map(Self)
    }
}

/// The bytes of the results of an iterable, which may be none.
pub struct ResultValues(pub Vec<Option<Vec<u8>>>);

impl FromPyObject<'_, '_> for ResultValues {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Iterable"),
        type_hint_identifier!("builtins", "object")
    );

    fn extract(values: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let value = |value: PyResult<Bound<'_, PyAny>>| {
            let value: Option<ResultValue> = value?.extract()?;
            Ok(value.map(|ResultValue(value)| value))
        };
        values.try_iter()?.map(value).collect::<PyResult<_>>().map(Self)
    }
}

fn bytes(what: &str, value: Borrowed<'_, '_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if let Ok(bytes) = value.cast::<PyByteArray>() {
        return Ok(bytes.to_vec());
    }
    if value.cast::<PyMemoryView>().is_ok() {
        let bytes = value.call_method0("tobytes")?;
        return Ok(bytes.cast::<PyBytes>()?.as_bytes().to_vec());
    }
    encode(what, &value)
}

/// Reads a payload back as JSON.
pub fn decode<'py>(payload: &Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyAny>> {
    static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    LOADS.import(payload.py(), "json", "loads")?.call1((payload,))
}

fn encode(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let py = value.py();
    let text = encoder(py)?.call1(py, (value,)).map_err(|error| refusal(py, what, error))?;
    let text = text.bind(py).cast::<PyString>()?;
    // Half a character: ensure_ascii=False lets it through, UTF-8 does not.
    Ok(text.to_str().map_err(|error| refusal(py, what, error))?.as_bytes().to_vec())
}

/// Gives the `encode` of one `json.JSONEncoder`, made once: `json.dumps` would make one a call.
fn encoder(py: Python<'_>) -> PyResult<&Py<PyAny>> {
    static ENCODE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    ENCODE.get_or_try_init(py, || {
        let settings = PyDict::new(py);
        settings.set_item("separators", (",", ":"))?;
        settings.set_item("ensure_ascii", false)?;
        settings.set_item("allow_nan", false)?;
        let encoder = py.import("json")?.getattr("JSONEncoder")?.call((), Some(&settings))?;
        Ok(encoder.getattr("encode")?.unbind())
    })
}

/// Says what was wrong with a value that has no JSON: of a wrong type, or such as NaN.
fn refusal(py: Python<'_>, what: &str, error: PyErr) -> PyErr {
    const ACCEPTED: &str = "accepted are bytes, bytearray, memoryview and JSON values";
    let message = format!("{what} is not JSON: {}: {ACCEPTED}", error.value(py));
    let refusal = if error.is_instance_of::<PyTypeError>(py) {
        PyTypeError::new_err(message)
    } else if error.is_instance_of::<PyValueError>(py) {
        door::raise(Error::invalid(message))
    } else {
        return error;
    };
    refusal.set_cause(py, Some(error));
    refusal
}

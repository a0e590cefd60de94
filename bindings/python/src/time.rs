//! Times that come in: seconds, `timedelta`, `datetime`.

use std::time::Duration;

use fairlane::clock::{self, Millis};
use fairlane::{Error, convert};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDelta, PyFloat, PyInt};
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier, type_hint_union};

use crate::{door, refuse};

/// A length of time: seconds as a number, or a `timedelta`.
#[derive(Clone, Copy)]
pub struct Seconds(pub f64);

impl Seconds {
    /// Gives the milliseconds; `what` names the argument in the error.
    pub fn millis(self, what: &str) -> PyResult<Millis> {
        convert::span(what, self.0).map_err(door::raise)
    }

    /// Gives the duration; `what` names the argument in the error.
    pub fn duration(self, what: &str) -> PyResult<Duration> {
        self.millis(what).map(clock::duration)
    }
}

impl FromPyObject<'_, '_> for Seconds {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_union!(
        type_hint_identifier!("builtins", "float"),
        type_hint_identifier!("datetime", "timedelta")
    );

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Some(seconds) = number(value)? {
            return Ok(Self(seconds));
        }
        // Only now: looking for a timedelta imports its module.
        if value.is_instance_of::<PyDelta>() {
            return value.call_method0("total_seconds")?.extract().map(Self);
        }
        Err(refuse::wrong_type(&value, "seconds or a timedelta"))
    }
}

/// A moment: seconds since the Unix epoch, or a `datetime` that knows its time zone.
#[derive(Clone, Copy)]
pub struct Moment(f64);

impl Moment {
    /// Gives the milliseconds since the Unix epoch; `what` names the argument in the error.
    pub fn millis(self, what: &str) -> PyResult<Millis> {
        convert::moment(what, self.0).map_err(door::raise)
    }
}

impl FromPyObject<'_, '_> for Moment {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_union!(
        type_hint_identifier!("builtins", "float"),
        type_hint_identifier!("datetime", "datetime")
    );

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Some(seconds) = number(value)? {
            return Ok(Self(seconds));
        }
        if !value.is_instance_of::<PyDateTime>() {
            return Err(refuse::wrong_type(&value, "seconds since 1970 or a datetime"));
        }
        // A naive datetime would be read in the zone of this machine, another on the next one.
        if value.call_method0("utcoffset")?.is_none() {
            return Err(door::raise(Error::invalid(format!(
                "datetime {} has no time zone: accepted are those that have one, such as \
                 datetime.now(timezone.utc)",
                &*value
            ))));
        }
        value.call_method0("timestamp")?.extract().map(Self)
    }
}

/// Gives what milliseconds are in Python: seconds.
pub fn seconds(millis: Millis) -> f64 {
    millis as f64 / 1e3
}

fn number(value: Borrowed<'_, '_, PyAny>) -> PyResult<Option<f64>> {
    if !value.is_instance_of::<PyFloat>() && !value.is_instance_of::<PyInt>() {
        // Numbers of other kinds: numpy's, Decimal, Fraction. A str is none.
        return Ok(value.extract().ok());
    }
    match value.extract() {
        Ok(number) => Ok(Some(number)),
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => {
            // An int beyond any float is out of every range, and is refused as such.
            Ok(Some(if value.lt(0)? { f64::NEG_INFINITY } else { f64::INFINITY }))
        }
        Err(error) => Err(error),
    }
}

use fairlane::backoff::MAX_BACKOFF;
use fairlane::convert;
use pyo3::prelude::*;
#[cfg(feature = "stubs")]
use pyo3::{PyTypeInfo, inspect::PyStaticExpr, type_hint_union};

use crate::backoff::Backoff;
use crate::door;
use crate::refuse;
use crate::show;
use crate::time::{Seconds, seconds};

/// How long a job waits before its next try: `min * factor ** failures`, at most `max` seconds.
///
/// With jitter it is drawn evenly between `min` and that value. The defaults are those of a job that
/// names no policy.
#[pyclass(frozen, eq, module = "fairlane")]
#[derive(PartialEq)]
pub struct BackoffPolicy(pub fairlane::BackoffPolicy);

#[pymethods]
impl BackoffPolicy {
    #[new]
    #[pyo3(
        signature = (min=Seconds(1.0), max=Seconds(600.0), factor=2.0, jitter=true),
        text_signature = "(min=1.0, max=600.0, factor=2.0, jitter=True)"
    )]
    fn new(min: Seconds, max: Seconds, factor: f64, jitter: bool) -> PyResult<Self> {
        policy(min, max, factor, jitter).map(Self)
    }

    /// The first and shortest delay in seconds.
    #[getter]
    fn min(&self) -> f64 {
        seconds(self.0.min)
    }

    /// The longest delay in seconds.
    #[getter]
    fn max(&self) -> f64 {
        seconds(self.0.max)
    }

    /// What each delay is multiplied by.
    #[getter]
    fn factor(&self) -> f64 {
        self.0.factor
    }

    /// Whether the delay is drawn at random.
    #[getter]
    fn jitter(&self) -> bool {
        self.0.jitter
    }

    fn __repr__(&self) -> String {
        format!("BackoffPolicy({})", fields(&self.0))
    }
}

/// Makes a policy of what came in.
pub fn policy(
    min: Seconds,
    max: Seconds,
    factor: f64,
    jitter: bool,
) -> PyResult<fairlane::BackoffPolicy> {
    let delay = |what, Seconds(seconds)| convert::span_within(what, seconds, 0..=MAX_BACKOFF);
    let policy = || {
        let (min, max) = (delay("backoff min", min)?, delay("backoff max", max)?);
        let policy = fairlane::BackoffPolicy { min, max, factor, jitter };
        policy.validate().map(|()| policy)
    };
    door::quick(policy)?.map_err(door::raise)
}

/// Shows the fields of a policy.
pub fn fields(policy: &fairlane::BackoffPolicy) -> String {
    format!(
        "min={:?}, max={:?}, factor={:?}, jitter={}",
        seconds(policy.min),
        seconds(policy.max),
        policy.factor,
        show::truth(policy.jitter)
    )
}

/// The policy of a job: given as such, or as a `Backoff` of which the policy is taken.
pub struct Policy(pub fairlane::BackoffPolicy);

impl FromPyObject<'_, '_> for Policy {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_union!(BackoffPolicy::TYPE_HINT, Backoff::TYPE_HINT);

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(policy) = value.cast::<BackoffPolicy>() {
            return Ok(Self(policy.get().0));
        }
        if let Ok(backoff) = value.cast::<Backoff>() {
            return backoff.get().policy().map(Self);
        }
        Err(refuse::wrong_type(&value, "BackoffPolicy and Backoff"))
    }
}

//! What names a delivery: a token, or the job that pop gave.

use fairlane::Token;
use pyo3::prelude::*;
#[cfg(feature = "stubs")]
use pyo3::type_hint_union;
use pyo3::types::PyString;
#[cfg(feature = "stubs")]
use pyo3::{PyTypeInfo, inspect::PyStaticExpr, type_hint_identifier, type_hint_subscript};

use crate::door;
use crate::job::Job;
use crate::refuse;
use crate::text::Text;

/// A delivery, named by its token or by its job.
pub struct Delivery(pub Token);

impl FromPyObject<'_, '_> for Delivery {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr =
        type_hint_union!(Job::TYPE_HINT, type_hint_identifier!("builtins", "str"));

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(job) = value.cast::<Job>() {
            return Ok(Self(job.get().named()));
        }
        if value.is_instance_of::<PyString>() {
            let Text(token) = value.extract()?;
            return token.parse().map(Self).map_err(door::raise);
        }
        Err(refuse::wrong_type(&value, "a Job and its token"))
    }
}

/// Deliveries of an iterable.
pub struct Deliveries(pub Vec<Token>);

impl FromPyObject<'_, '_> for Deliveries {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Iterable"),
        Delivery::INPUT_TYPE
    );

    fn extract(values: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let token = |value: PyResult<Bound<'_, PyAny>>| Ok(value?.extract::<Delivery>()?.0);
        values.try_iter()?.map(token).collect::<PyResult<_>>().map(Self)
    }
}

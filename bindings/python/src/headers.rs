//! Headers of a job.

use pyo3::prelude::*;
use pyo3::types::PyMapping;
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier, type_hint_subscript};

use crate::refuse;
use crate::text::Text;

/// Any mapping from text to text.
pub struct Headers(pub fairlane::Headers);

impl FromPyObject<'_, '_> for Headers {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Mapping"),
        type_hint_identifier!("builtins", "str"),
        type_hint_identifier!("builtins", "str")
    );

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let Ok(mapping) = value.cast::<PyMapping>() else {
            return Err(refuse::wrong_type(&value, "mappings from str to str"));
        };
        let text = |value: Bound<'_, PyAny>| value.extract().map(|Text(text)| text.to_owned());
        let pair = |item: Bound<'_, PyAny>| {
            let (name, value) = item.extract()?;
            PyResult::Ok((text(name)?, text(value)?))
        };
        mapping.items()?.iter().map(pair).collect::<PyResult<_>>().map(Self)
    }
}

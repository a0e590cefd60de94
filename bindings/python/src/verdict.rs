//! What a handler said about its job, as `fairlane.worker` hands it on.

use fairlane::JobResult;
use pyo3::prelude::*;
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier};

use crate::new_job::NewJobs;
use crate::payload::ResultValue;
use crate::refuse;
use crate::text::Text;
use crate::time::Seconds;

/// A tuple of a kind and what belongs to it: `("done", jobs, result)`, `("retry", error, delay)`,
/// `("fail", error)` or `("release", delay)`.
pub struct Verdict(pub fairlane::Verdict);

impl FromPyObject<'_, '_> for Verdict {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("fairlane.outcome", "Verdict");

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let kind = value.get_item(0)?;
        let Text(kind) = kind.extract()?;
        Ok(Self(match kind {
            "done" => {
                let result: Option<ResultValue> = value.get_item(2)?.extract()?;
                fairlane::Verdict::Done {
                    then: value.get_item(1)?.extract::<NewJobs>()?.0,
                    result: result.map(|ResultValue(value)| JobResult::new(value)),
                }
            }
            "retry" => {
                let delay: Option<Seconds> = value.get_item(2)?.extract()?;
                fairlane::Verdict::Retry {
                    error: value.get_item(1)?.extract()?,
                    delay: delay.map(|delay| delay.duration("delay")).transpose()?,
                }
            }
            "fail" => fairlane::Verdict::Fail { error: value.get_item(1)?.extract()? },
            "release" => {
                let delay: Seconds = value.get_item(1)?.extract()?;
                fairlane::Verdict::Release { delay: delay.duration("delay")? }
            }
            _ => return Err(refuse::wrong_type(&value, "a verdict")),
        }))
    }
}

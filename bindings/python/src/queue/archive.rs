use fairlane::FailedFilter;
use pyo3::prelude::*;
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier, type_hint_subscript};

use crate::door;
use crate::job_info::JobInfo;
use crate::number::Integer;
use crate::queue::Queue;
use crate::refuse;
use crate::text::Text;

#[pymethods]
impl Queue {
    /// List up to `n` dead jobs, the latest first.
    #[pyo3(signature = (n=Integer(100)), text_signature = "($self, n=100)")]
    fn failed(&self, py: Python<'_>, n: Integer) -> PyResult<Vec<JobInfo>> {
        let count = n.count("count")?;
        let jobs = door::call(py, || self.0.failed(count))?;
        Ok(jobs.into_iter().map(|job| JobInfo::new(py, job)).collect())
    }

    /// Put dead jobs back to the end of their lanes, with all their tries; tell how many.
    ///
    /// Those of `ids`, those of a lane, or all; ids that are not dead are passed over.
    #[pyo3(signature = (ids=None, *, lane=None))]
    fn restore_failed(
        &self,
        py: Python<'_>,
        ids: Option<Ids>,
        lane: Option<Text<'_>>,
    ) -> PyResult<u64> {
        let filter = filter(ids, lane)?;
        door::call(py, || self.0.restore_failed(filter))
    }

    /// Forget dead jobs, and the jobs blocked on them; tell how many dead ones went.
    ///
    /// Those of `ids`, those of a lane, or all; ids that are not dead are passed over.
    #[pyo3(signature = (ids=None, *, lane=None))]
    fn clean_failed(
        &self,
        py: Python<'_>,
        ids: Option<Ids>,
        lane: Option<Text<'_>>,
    ) -> PyResult<u64> {
        let filter = filter(ids, lane)?;
        door::call(py, || self.0.clean_failed(filter))
    }

    /// Free all keys of the queue, everywhere: the next push of any key makes a job.
    fn bump_keys(&self, py: Python<'_>) -> PyResult<()> {
        door::call(py, || self.0.bump_keys())
    }
}

fn filter(ids: Option<Ids>, lane: Option<Text<'_>>) -> PyResult<FailedFilter> {
    match (ids, lane) {
        (None, None) => Ok(FailedFilter::All),
        (Some(Ids(ids)), None) => Ok(FailedFilter::Ids(ids)),
        (None, Some(Text(lane))) => Ok(FailedFilter::Lane(lane.to_owned())),
        (Some(_), Some(_)) => Err(refuse::both("ids", "lane")),
    }
}

/// Ids of an iterable.
struct Ids(Vec<fairlane::JobId>);

impl FromPyObject<'_, '_> for Ids {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Iterable"),
        type_hint_identifier!("builtins", "str")
    );

    fn extract(values: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let id = |value: PyResult<Bound<'_, PyAny>>| value?.extract::<Text<'_>>()?.job_id();
        values.try_iter()?.map(id).collect::<PyResult<_>>().map(Self)
    }
}

use fairlane::Due;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
#[cfg(feature = "stubs")]
use pyo3::{PyTypeInfo, inspect::PyStaticExpr, type_hint_identifier, type_hint_subscript};

use crate::backoff_policy::{BackoffPolicy, Policy};
use crate::headers::Headers;
use crate::number::Integer;
use crate::payload::Payload;
use crate::refuse;
use crate::settings::Settings;
use crate::show;
use crate::text::Text;
use crate::time::{Moment, Seconds, seconds};

/// A job to push, for `push_many` and `mark_complete(then=...)`; the arguments are those of `push`.
#[pyclass(frozen, eq, module = "fairlane")]
#[derive(PartialEq)]
pub struct NewJob(pub fairlane::NewJob);

#[pymethods]
impl NewJob {
    #[new]
    #[pyo3(
        signature = (
            payload, lane=Text(fairlane::DEFAULT_LANE), *,
            priority=Integer(fairlane::DEFAULT_PRIORITY), tps=None, rate=None, delay=None, at=None,
            cost=Integer(1), key=None, key_ttl=Seconds(0.0),
            max_tries=Integer(fairlane::DEFAULT_MAX_TRIES), backoff=None, after=None,
            headers=None
        ),
        text_signature = "(payload, lane='default', *, priority=1, tps=None, rate=None, \
            delay=None, at=None, cost=1, key=None, key_ttl=0.0, max_tries=10, backoff=None, \
            after=None, headers=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "one a setting, all but one by name")]
    fn new(
        payload: Payload,
        lane: Text<'_>,
        priority: Integer,
        tps: Option<Integer>,
        rate: Option<(Integer, Seconds)>,
        delay: Option<Seconds>,
        at: Option<Moment>,
        cost: Integer,
        key: Option<Text<'_>>,
        key_ttl: Seconds,
        max_tries: Integer,
        backoff: Option<Policy>,
        after: Option<Text<'_>>,
        headers: Option<Headers>,
    ) -> PyResult<Self> {
        let settings = Settings {
            lane,
            priority,
            tps,
            rate,
            delay,
            at,
            cost,
            key,
            key_ttl,
            max_tries,
            backoff,
            after,
            headers,
        };
        settings.job(payload).map(Self)
    }

    /// The bytes that the worker gets.
    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.payload)
    }

    /// The lane.
    #[getter]
    fn lane(&self) -> &str {
        &self.0.lane
    }

    /// The priority.
    #[getter]
    fn priority(&self) -> i64 {
        self.0.priority
    }

    /// The rate that the push gives the lane: a count, and a window in seconds.
    #[getter]
    fn rate(&self) -> Option<(i64, f64)> {
        self.0.rate.map(|rate| (rate.count, seconds(rate.window)))
    }

    /// The seconds for which the job is held back, if it was given so.
    #[getter]
    fn delay(&self) -> Option<f64> {
        match self.0.due {
            Due::In(delay) => Some(seconds(delay)),
            Due::Now | Due::At(_) => None,
        }
    }

    /// The moment from which the job may start, if it was given so.
    #[getter]
    fn at(&self) -> Option<f64> {
        match self.0.due {
            Due::At(moment) => Some(seconds(moment)),
            Due::Now | Due::In(_) => None,
        }
    }

    /// How many starts the job counts as against limits.
    #[getter]
    fn cost(&self) -> i64 {
        self.0.cost
    }

    /// The key that only one job may hold.
    #[getter]
    fn key(&self) -> Option<&str> {
        self.0.key.as_ref().map(|key| key.name.as_str())
    }

    /// How many seconds from the push the key stays taken even if the job ends before.
    #[getter]
    fn key_ttl(&self) -> f64 {
        self.0.key.as_ref().map_or(0.0, |key| seconds(key.ttl))
    }

    /// How often the job is tried; -1 for ever.
    #[getter]
    fn max_tries(&self) -> i64 {
        self.0.max_tries
    }

    /// How long a retry waits, if the job has a policy of its own.
    #[getter]
    fn backoff(&self) -> Option<BackoffPolicy> {
        self.0.backoff.map(BackoffPolicy)
    }

    /// The id of the job that must complete first.
    #[getter]
    fn after(&self) -> Option<String> {
        self.0.after.map(|id| id.to_string())
    }

    /// The texts by name that travel with the job.
    #[getter]
    fn headers(&self) -> fairlane::Headers {
        self.0.headers.clone()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let lane = show::text(py, &self.0.lane)?;
        Ok(format!("NewJob(<{} bytes>, lane={lane})", self.0.payload.len()))
    }
}

/// Jobs of an iterable.
pub struct NewJobs(pub Vec<fairlane::NewJob>);

impl FromPyObject<'_, '_> for NewJobs {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Iterable"),
        NewJob::TYPE_HINT
    );

    fn extract(values: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let job = |value: PyResult<Bound<'_, PyAny>>| {
            let value = value?;
            if let Ok(job) = value.cast::<NewJob>() {
                return Ok(job.get().0.clone());
            }
            Err(refuse::wrong_type(&value, "NewJob"))
        };
        values.try_iter()?.map(job).collect::<PyResult<_>>().map(Self)
    }
}

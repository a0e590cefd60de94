use fairlane::Due;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
#[cfg(feature = "stubs")]
use pyo3::{PyTypeInfo, inspect::PyStaticExpr, type_hint_identifier, type_hint_subscript};

use crate::backoff_policy::{BackoffPolicy, Policy};
use crate::headers::Headers;
use crate::number::Integer;
use crate::payload::{KeptPayload, Payload};
use crate::refuse;
use crate::settings::Settings;
use crate::show;
use crate::text::Text;
use crate::time::{Moment, Seconds, seconds};

/// A job to push, for `push_many` and `mark_complete(then=...)`; the arguments are those of `push`.
#[pyclass(frozen, eq, module = "fairlane")]
pub struct NewJob {
    /// All but the payload.
    job: fairlane::NewJob,
    /// Bytes do not change: the caller's own are not copied before they are pushed.
    payload: Py<PyBytes>,
}

impl NewJob {
    /// Makes the job that is pushed.
    pub fn to_push(&self, py: Python<'_>) -> fairlane::NewJob {
        fairlane::NewJob { payload: self.payload.as_bytes(py).to_vec(), ..self.job.clone() }
    }
}

impl PartialEq for NewJob {
    fn eq(&self, other: &Self) -> bool {
        Python::attach(|py| {
            self.job == other.job && self.payload.as_bytes(py) == other.payload.as_bytes(py)
        })
    }
}

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
        payload: KeptPayload,
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
        let job = settings.job(Payload(Vec::new()))?;
        Ok(Self { job, payload: payload.0 })
    }

    /// The bytes that the worker gets.
    #[getter]
    fn payload(&self, py: Python<'_>) -> Py<PyBytes> {
        self.payload.clone_ref(py)
    }

    /// The lane.
    #[getter]
    fn lane(&self) -> &str {
        &self.job.lane
    }

    /// The priority.
    #[getter]
    fn priority(&self) -> i64 {
        self.job.priority
    }

    /// The rate that the push gives the lane: a count, and a window in seconds.
    #[getter]
    fn rate(&self) -> Option<(i64, f64)> {
        self.job.rate.map(|rate| (rate.count, seconds(rate.window)))
    }

    /// The seconds for which the job is held back, if it was given so.
    #[getter]
    fn delay(&self) -> Option<f64> {
        match self.job.due {
            Due::In(delay) => Some(seconds(delay)),
            Due::Now | Due::At(_) => None,
        }
    }

    /// The moment from which the job may start, if it was given so.
    #[getter]
    fn at(&self) -> Option<f64> {
        match self.job.due {
            Due::At(moment) => Some(seconds(moment)),
            Due::Now | Due::In(_) => None,
        }
    }

    /// How many starts the job counts as against limits.
    #[getter]
    fn cost(&self) -> i64 {
        self.job.cost
    }

    /// The key that only one job may hold.
    #[getter]
    fn key(&self) -> Option<&str> {
        self.job.key.as_ref().map(|key| key.name.as_str())
    }

    /// How many seconds from the push the key stays taken even if the job ends before.
    #[getter]
    fn key_ttl(&self) -> f64 {
        self.job.key.as_ref().map_or(0.0, |key| seconds(key.ttl))
    }

    /// How often the job is tried; -1 for ever.
    #[getter]
    fn max_tries(&self) -> i64 {
        self.job.max_tries
    }

    /// How long a retry waits, if the job has a policy of its own.
    #[getter]
    fn backoff(&self) -> Option<BackoffPolicy> {
        self.job.backoff.map(BackoffPolicy)
    }

    /// The id of the job that must complete first.
    #[getter]
    fn after(&self) -> Option<String> {
        self.job.after.map(|id| id.to_string())
    }

    /// The texts by name that travel with the job.
    #[getter]
    fn headers(&self) -> fairlane::Headers {
        self.job.headers.clone()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let lane = show::text(py, &self.job.lane)?;
        let size = self.payload.as_bytes(py).len();
        Ok(format!("NewJob(<{size} bytes>, lane={lane})"))
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
        // Jobs are large: a list that grew would move them several times.
        let count = values.cast::<PyList>().map_or(0, |list| list.len());
        let mut jobs = Vec::with_capacity(count);
        for value in values.try_iter()? {
            let value = value?;
            let Ok(job) = value.cast::<NewJob>() else {
                return Err(refuse::wrong_type(&value, "NewJob"));
            };
            jobs.push(job.get().to_push(value.py()));
        }
        Ok(Self(jobs))
    }
}

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::time::seconds;
use crate::{payload, show};

/// A job as it stands in the store. Times are seconds since the Unix epoch.
#[pyclass(frozen, module = "fairlane")]
pub struct JobInfo {
    /// Its payload was moved to `payload`; every other field is converted when it is asked for.
    job: fairlane::JobInfo,
    payload: Py<PyBytes>,
}

impl JobInfo {
    pub fn new(py: Python<'_>, mut job: fairlane::JobInfo) -> Self {
        let payload = PyBytes::new(py, &std::mem::take(&mut job.payload)).unbind();
        Self { job, payload }
    }
}

#[pymethods]
impl JobInfo {
    /// The job's id.
    #[getter]
    fn id(&self) -> String {
        self.job.id.to_string()
    }

    /// Where it stands: "ready", "delayed", "blocked", "leased" or "dead".
    #[getter]
    fn state(&self) -> &'static str {
        self.job.state.name()
    }

    /// The lane.
    #[getter]
    fn lane(&self) -> &str {
        &self.job.lane
    }

    /// The bytes that were pushed.
    #[getter]
    fn payload(&self, py: Python<'_>) -> Py<PyBytes> {
        self.payload.clone_ref(py)
    }

    /// Read the payload as JSON.
    ///
    /// Raises ValueError if it is none.
    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        payload::decode(self.payload.bind(py))
    }

    /// The priority.
    #[getter]
    fn priority(&self) -> i64 {
        self.job.priority
    }

    /// How many starts the job counts as against limits.
    #[getter]
    fn cost(&self) -> i64 {
        self.job.cost
    }

    /// How many tries were charged so far.
    #[getter]
    fn tries(&self) -> i64 {
        self.job.tries
    }

    /// How often the job is tried; -1 for ever.
    #[getter]
    fn max_tries(&self) -> i64 {
        self.job.max_tries
    }

    /// How often a lease of this job lapsed or its worker died.
    #[getter]
    fn lapses(&self) -> i64 {
        self.job.lapses
    }

    /// When the job was pushed.
    #[getter]
    fn pushed_at(&self) -> f64 {
        seconds(self.job.pushed_at)
    }

    /// When a delayed job is due, and when a blocked one is at the earliest.
    #[getter]
    fn due_at(&self) -> Option<f64> {
        self.job.due_at.map(seconds)
    }

    /// When the lease of a leased job lapses.
    #[getter]
    fn lease_until(&self) -> Option<f64> {
        self.job.lease_until.map(seconds)
    }

    /// When a dead job died.
    #[getter]
    fn died_at(&self) -> Option<f64> {
        self.job.died_at.map(seconds)
    }

    /// The key, if the job holds one.
    #[getter]
    fn key(&self) -> Option<&str> {
        self.job.key.as_deref()
    }

    /// The id of the job that must complete first, if one was named.
    #[getter]
    fn after(&self) -> Option<String> {
        self.job.after.map(|id| id.to_string())
    }

    /// Whether the job named by `after` is dead: then this one stays blocked.
    #[getter]
    fn parent_dead(&self) -> bool {
        self.job.parent_dead
    }

    /// What the last failed try said.
    #[getter]
    fn error(&self) -> Option<&str> {
        self.job.error.as_deref()
    }

    /// The headers that were pushed with it.
    #[getter]
    fn headers(&self) -> fairlane::Headers {
        self.job.headers.clone()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!(
            "JobInfo(id='{}', state='{}', lane={}, tries={}, payload=<{} bytes>)",
            self.job.id,
            self.job.state.name(),
            show::text(py, &self.job.lane)?,
            self.job.tries,
            self.payload.bind(py).as_bytes().len()
        ))
    }
}

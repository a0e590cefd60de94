use fairlane::Token;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::signal::Signal;
use crate::time::seconds;
use crate::{payload, show};

/// A job that was delivered to a worker. Times are seconds since the Unix epoch.
#[pyclass(frozen, module = "fairlane")]
pub struct Job {
    /// Its payload was moved to `payload`; every other field is converted when it is asked for.
    job: fairlane::Job,
    payload: Py<PyBytes>,
    signal: Option<Signal>,
    /// The name of the queue from which a worker has it.
    queue: Option<String>,
}

impl Job {
    pub fn new(py: Python<'_>, mut job: fairlane::Job) -> Self {
        let payload = PyBytes::new(py, &std::mem::take(&mut job.payload)).unbind();
        Self { job, payload, signal: None, queue: None }
    }

    /// Makes the job that a worker's handler gets.
    pub fn delivered(py: Python<'_>, delivery: &fairlane::worker::Delivery) -> Self {
        let queue = delivery.queue().name().to_owned();
        let signal = Signal(delivery.signal().clone());
        Self::signalled(py, fairlane::Job::clone(delivery), queue, signal)
    }

    /// Makes a job that a worker has from a queue.
    pub fn of_queue(py: Python<'_>, job: fairlane::Job, queue: String) -> Self {
        Self { queue: Some(queue), ..Self::new(py, job) }
    }

    /// Makes a job of a queue whose handler is told by a signal when it need not go on.
    pub fn signalled(py: Python<'_>, job: fairlane::Job, queue: String, signal: Signal) -> Self {
        Self { signal: Some(signal), ..Self::of_queue(py, job, queue) }
    }

    pub fn named(&self) -> Token {
        self.job.token
    }
}

#[pymethods]
impl Job {
    /// The job's id.
    #[getter]
    fn id(&self) -> String {
        self.job.id.to_string()
    }

    /// Names this delivery; what ends it must show it, or the job itself.
    #[getter]
    fn token(&self) -> String {
        self.job.token.to_string()
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

    /// The number of this try; the first is 1.
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

    /// When this delivery started, by the store's clock.
    #[getter]
    fn started_at(&self) -> f64 {
        seconds(self.job.started_at)
    }

    /// When the lease lapses; None if the job was popped with lease 0.
    #[getter]
    fn lease_until(&self) -> Option<f64> {
        self.job.lease_until.map(seconds)
    }

    /// The key, if the job holds one.
    #[getter]
    fn key(&self) -> Option<&str> {
        self.job.key.as_deref()
    }

    /// The id of the job that had to complete first, if one was named.
    #[getter]
    fn after(&self) -> Option<String> {
        self.job.after.map(|id| id.to_string())
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

    /// What tells a worker's handler when it need not go on; None if the job was popped by hand.
    #[getter]
    fn signal(&self) -> Option<Signal> {
        self.signal.clone()
    }

    /// The name of the queue from which a worker took the job; None if it was popped by hand.
    #[getter]
    fn queue(&self) -> Option<&str> {
        self.queue.as_deref()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!(
            "Job(id='{}', lane={}, tries={}, payload=<{} bytes>)",
            self.job.id,
            show::text(py, &self.job.lane)?,
            self.job.tries,
            self.payload.bind(py).as_bytes().len()
        ))
    }
}

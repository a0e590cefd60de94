use std::time::Duration;

use fairlane::{JobResult, given};
use pyo3::prelude::*;

use crate::delivery::{Deliveries, Delivery};
use crate::door::{self, Failure};
use crate::job::Job;
use crate::new_job::NewJobs;
use crate::number::Integer;
use crate::payload::{ResultValue, ResultValues};
use crate::queue::Queue;
use crate::refused::Refused;
use crate::signals::Signals;
use crate::text::Text;
use crate::time::Seconds;

/// The default lease in seconds.
const LEASE: Seconds = Seconds(fairlane::DEFAULT_LEASE as f64 / 1e3);

/// How long a result is kept by default, in seconds.
const RESULT_TTL: Seconds = Seconds(fairlane::DEFAULT_RESULT_TTL as f64 / 1e3);

#[pymethods]
impl Queue {
    /// Deliver one job, or None if none came within `wait` seconds.
    ///
    /// The worker has `lease` seconds to end the delivery (mark_complete, release, retry, fail) or
    /// to extend it; then the job is delivered again. A lease of 0 means at most once: the job is
    /// gone with the pop. While it waits the thread sleeps, other threads run, and Ctrl-C ends it.
    #[pyo3(
        signature = (wait=Seconds(0.0), lease=LEASE),
        text_signature = "($self, wait=0.0, lease=120.0)"
    )]
    fn pop(&self, py: Python<'_>, wait: Seconds, lease: Seconds) -> PyResult<Option<Job>> {
        let (wait, lease) = (wait.duration("wait")?, lease.duration("lease")?);
        let mut jobs = self.deliver(py, 1, wait, lease)?;
        Ok(jobs.pop().map(|job| Job::new(py, job)))
    }

    /// Deliver up to `n` jobs, 1 to 10,000: as many as there are as soon as there is one.
    #[pyo3(
        signature = (n, wait=Seconds(0.0), lease=LEASE),
        text_signature = "($self, n, wait=0.0, lease=120.0)"
    )]
    fn pop_many(
        &self,
        py: Python<'_>,
        n: Integer,
        wait: Seconds,
        lease: Seconds,
    ) -> PyResult<Vec<Job>> {
        let (wait, lease) = (wait.duration("wait")?, lease.duration("lease")?);
        let jobs = self.deliver(py, n.count("count")?, wait, lease)?;
        Ok(jobs.into_iter().map(|job| Job::new(py, job)).collect())
    }

    /// End a delivery, named by its token or its job: the job is done. The jobs of `then`, an
    /// iterable of NewJob, are pushed in the same step. A `result`, bytes or any JSON value but
    /// None, is kept for `result_ttl` seconds: see result().
    ///
    /// Raises StaleTokenError if the delivery has lapsed or has ended, PayloadTooLargeError for a
    /// result over max_payload, and what push_many raises: then nothing was changed.
    #[pyo3(
        signature = (token, then=NewJobs(Vec::new()), result=None, result_ttl=RESULT_TTL),
        text_signature = "($self, token, then=(), result=None, result_ttl=3600.0)"
    )]
    fn mark_complete(
        &self,
        py: Python<'_>,
        token: Delivery,
        then: NewJobs,
        result: Option<ResultValue>,
        result_ttl: Seconds,
    ) -> PyResult<()> {
        let ttl = result_ttl.millis("result_ttl")?;
        let result = result.map(|ResultValue(value)| JobResult { value, ttl });
        door::call(py, || self.0.mark_complete_with(&token.0, then.0, result))
    }

    /// End many deliveries, each by itself, in one step. Their `results`, one for each token in the
    /// same order or None, are kept for `result_ttl` seconds: see result().
    ///
    /// Gives for each None, or the error that mark_complete would have raised.
    #[pyo3(
        signature = (tokens, results=None, result_ttl=RESULT_TTL),
        text_signature = "($self, tokens, results=None, result_ttl=3600.0)"
    )]
    fn mark_complete_many(
        &self,
        py: Python<'_>,
        tokens: Deliveries,
        results: Option<ResultValues>,
        result_ttl: Seconds,
    ) -> PyResult<Vec<Option<Refused>>> {
        let ttl = result_ttl.millis("result_ttl")?;
        let told = door::call(py, || match results {
            None => self.0.mark_complete_many(&tokens.0),
            Some(ResultValues(results)) => {
                let completions = given::completions(tokens.0, results, ttl)?;
                self.0.mark_complete_many_with(completions)
            }
        })?;
        Ok(told.into_iter().map(|fare| fare.err().map(Refused)).collect())
    }

    /// Give a job back untried: to the front of its lane, or after `delay` seconds.
    ///
    /// Raises StaleTokenError.
    #[pyo3(
        signature = (token, delay=Seconds(0.0)),
        text_signature = "($self, token, delay=0.0)"
    )]
    fn release(&self, py: Python<'_>, token: Delivery, delay: Seconds) -> PyResult<()> {
        let delay = delay.duration("delay")?;
        door::call(py, || self.0.release(&token.0, delay))
    }

    /// End a failed try: the job comes again after `delay` seconds, by default after its own
    /// backoff; it is dead if its tries are spent. `error` is kept with the job, up to 4096 bytes.
    ///
    /// Raises StaleTokenError.
    #[pyo3(
        signature = (token, error=Text(""), delay=None),
        text_signature = "($self, token, error='', delay=None)"
    )]
    fn retry(
        &self,
        py: Python<'_>,
        token: Delivery,
        error: Text<'_>,
        delay: Option<Seconds>,
    ) -> PyResult<()> {
        let delay = delay.map(|delay| delay.duration("delay")).transpose()?;
        door::call(py, || self.0.retry(&token.0, error.0, delay))
    }

    /// End a try that failed for good: the job is dead, whatever tries it had left.
    ///
    /// Raises StaleTokenError.
    #[pyo3(
        signature = (token, error=Text("")),
        text_signature = "($self, token, error='')"
    )]
    fn fail(&self, py: Python<'_>, token: Delivery, error: Text<'_>) -> PyResult<()> {
        door::call(py, || self.0.fail(&token.0, error.0))
    }

    /// Make a lease last `lease` seconds from now.
    ///
    /// Raises StaleTokenError if the delivery has lapsed or has ended.
    #[pyo3(
        signature = (token, lease=LEASE),
        text_signature = "($self, token, lease=120.0)"
    )]
    fn extend(&self, py: Python<'_>, token: Delivery, lease: Seconds) -> PyResult<()> {
        let lease = lease.duration("lease")?;
        door::call(py, || self.0.extend(&token.0, lease))
    }

    /// Make many leases last `lease` seconds from now, each by itself, in one step.
    ///
    /// Gives for each None, or the error that extend would have raised.
    #[pyo3(
        signature = (tokens, lease=LEASE),
        text_signature = "($self, tokens, lease=120.0)"
    )]
    fn extend_many(
        &self,
        py: Python<'_>,
        tokens: Deliveries,
        lease: Seconds,
    ) -> PyResult<Vec<Option<Refused>>> {
        let lease = lease.duration("lease")?;
        let results = door::call(py, || self.0.extend_many(&tokens.0, lease))?;
        Ok(results.into_iter().map(|result| result.err().map(Refused)).collect())
    }
}

impl Queue {
    fn deliver(
        &self,
        py: Python<'_>,
        count: usize,
        wait: Duration,
        lease: Duration,
    ) -> PyResult<Vec<fairlane::Job>> {
        if wait.is_zero() {
            return door::call(py, || self.0.pop_many(count, wait, lease));
        }
        let signals = Signals::of(py)?;
        door::call(py, || {
            let mut check = || signals.check().map_err(Failure::from);
            self.0.pop_checked(count, wait, lease, signals.interval(), &mut check)
        })
    }
}

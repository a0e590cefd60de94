use pyo3::prelude::*;

use crate::backoff_policy::Policy;
use crate::door;
use crate::headers::Headers;
use crate::new_job::NewJobs;
use crate::number::Integer;
use crate::payload::Payload;
use crate::pushed::Pushed;
use crate::queue::Queue;
use crate::settings::Settings;
use crate::text::Text;
use crate::time::{Moment, Seconds};

#[pymethods]
impl Queue {
    /// Push one job and give its id; the holder's id, if the job's key is held.
    ///
    /// When it returns, the job survives what the queue's durability says.
    ///
    /// - payload: bytes, bytearray and memoryview go as they are; any other value as UTF-8 JSON.
    /// - lane: the tenant's line in the queue.
    /// - priority: 0 to 9, higher first within the lane.
    /// - tps, or rate=(count, window): the lane's exact limit: in any second, or any window of that
    ///   many seconds, at most so many jobs start. 0 lifts it.
    /// - delay in seconds, or at: seconds since 1970 or a datetime with a time zone.
    /// - cost: how many starts the job counts as.
    /// - key, key_ttl: while a job of that key is queued or running, and until so many seconds from
    ///   its push have passed, a further push makes no job and gives the id of the first.
    /// - max_tries: how often the job is tried before it is dead; -1 for ever.
    /// - backoff: how long a retry waits; `BackoffPolicy()` by default.
    /// - after: the id of a job that must complete first.
    /// - headers: texts by name that travel with the job, up to 8192 bytes together.
    ///
    /// Raises QueueFullError, PayloadTooLargeError, InvalidArgumentError: nothing was pushed.
    #[pyo3(
        signature = (
            payload, lane=Text(fairlane::DEFAULT_LANE), *,
            priority=Integer(fairlane::DEFAULT_PRIORITY), tps=None, rate=None, delay=None, at=None,
            cost=Integer(1), key=None, key_ttl=Seconds(0.0),
            max_tries=Integer(fairlane::DEFAULT_MAX_TRIES), backoff=None, after=None,
            headers=None
        ),
        text_signature = "($self, payload, lane='default', *, priority=1, tps=None, rate=None, \
            delay=None, at=None, cost=1, key=None, key_ttl=0.0, max_tries=10, backoff=None, \
            after=None, headers=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "one a setting, all but one by name")]
    fn push(
        &self,
        py: Python<'_>,
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
    ) -> PyResult<String> {
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
        let job = settings.job(payload)?;
        let id = door::call(py, || self.0.push(job))?;
        Ok(id.to_string())
    }

    /// Push all the jobs in one step, or none, and tell for each its id and whether it is new.
    ///
    /// Raises what push raises; the message names the first job that is not accepted.
    fn push_many(&self, py: Python<'_>, jobs: NewJobs) -> PyResult<Vec<Pushed>> {
        let pushed = door::call(py, || self.0.push_many(jobs.0))?;
        Ok(pushed.into_iter().map(Pushed::from).collect())
    }
}

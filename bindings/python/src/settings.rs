//! The settings of a job to push, as `push` and `NewJob` take them.

use fairlane::limits::MAX_WINDOW;
use fairlane::{Due, Key, NewJob, Rate, convert, given};
use pyo3::prelude::*;

use crate::backoff_policy::Policy;
use crate::door;
use crate::headers::Headers;
use crate::number::Integer;
use crate::payload::Payload;
use crate::text::Text;
use crate::time::{Moment, Seconds};

/// Everything but the payload.
pub struct Settings<'a> {
    pub lane: Text<'a>,
    pub priority: Integer,
    pub tps: Option<Integer>,
    pub rate: Option<(Integer, Seconds)>,
    pub delay: Option<Seconds>,
    pub at: Option<Moment>,
    pub cost: Integer,
    pub key: Option<Text<'a>>,
    pub key_ttl: Seconds,
    pub max_tries: Integer,
    pub backoff: Option<Policy>,
    pub after: Option<Text<'a>>,
    pub headers: Option<Headers>,
}

impl Settings<'_> {
    /// Makes the job. Ranges are left to the core, which knows the queue's own.
    pub fn job(self, payload: Payload) -> PyResult<NewJob> {
        Ok(NewJob {
            payload: payload.0,
            lane: self.lane.0.to_owned(),
            priority: self.priority.0,
            rate: rate(self.tps, self.rate)?,
            due: due(self.delay, self.at)?,
            cost: self.cost.0,
            key: key(self.key, self.key_ttl)?,
            max_tries: self.max_tries.0,
            backoff: self.backoff.map(|Policy(policy)| policy),
            after: self.after.map(Text::job_id).transpose()?,
            headers: self.headers.map(|Headers(headers)| headers).unwrap_or_default(),
        })
    }
}

/// Reads the two ways to name a rate.
pub fn rate(tps: Option<Integer>, rate: Option<(Integer, Seconds)>) -> PyResult<Option<Rate>> {
    let window = |(Integer(count), Seconds(window))| {
        convert::span_within("rate window", window, 1..=MAX_WINDOW).map(|window| (count, window))
    };
    let tps = tps.map(|Integer(count)| count);
    rate.map(window).transpose().and_then(|rate| given::rate(tps, rate)).map_err(door::raise)
}

fn due(delay: Option<Seconds>, at: Option<Moment>) -> PyResult<Due> {
    let delay = delay.map(|delay| delay.millis("delay")).transpose()?;
    let at = at.map(|at| at.millis("at")).transpose()?;
    given::due(delay, at).map_err(door::raise)
}

fn key(name: Option<Text<'_>>, ttl: Seconds) -> PyResult<Option<Key>> {
    let ttl = ttl.millis("key_ttl")?;
    given::key(name.map(|Text(name)| name.to_owned()), ttl).map_err(door::raise)
}

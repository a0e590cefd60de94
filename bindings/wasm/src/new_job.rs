use fairlane::{Due, Key, NewJob};
use wasm_bindgen::prelude::*;

use crate::backoff::policy;
use crate::errors::{Outcome, raise};
use crate::given::Given;
use crate::limits::rate;
use crate::row::{moment, number, row, text};

/// Reads a job to push: its payload as bytes, and its settings. Ranges are left to the core, which
/// knows the queue's own.
pub fn new_job(given: &Given) -> Outcome<NewJob> {
    let defaults = NewJob::new(given.field("payload").bytes()?);
    let integer = |name, default| match given.field(name).optional() {
        Some(number) => number.integer(),
        None => Ok(default),
    };
    Ok(NewJob {
        lane: given.field("lane").optional().map_or(Ok(defaults.lane), |lane| lane.text())?,
        priority: integer("priority", defaults.priority)?,
        rate: rate(given)?,
        due: due(given)?,
        cost: integer("cost", defaults.cost)?,
        key: key(given)?,
        max_tries: integer("maxTries", defaults.max_tries)?,
        backoff: given.field("backoff").optional().map(|it| policy(&it)).transpose()?,
        after: given.field("after").optional().map(|it| it.job_id()).transpose()?,
        headers: fairlane::Headers::new(),
        payload: defaults.payload,
    })
}

/// Checks a job to push; gives what stands in it beside its payload and its backoff.
#[wasm_bindgen(js_name = newJob)]
pub fn checked(given: JsValue) -> Outcome<JsValue> {
    let job = new_job(&Given::new("job", given))?;
    let (delay, at) = match job.due {
        Due::Now => (None, None),
        Due::In(delay) => (Some(delay), None),
        Due::At(at) => (None, Some(at)),
    };
    let rate = job.rate.map(|rate| row([rate.count, rate.window].map(number)).into());
    let fields = row([
        job.lane.into(),
        number(job.priority),
        rate.unwrap_or(JsValue::NULL),
        moment(delay),
        moment(at),
        number(job.cost),
        text(job.key.as_ref().map(|key| &key.name)),
        number(job.key.as_ref().map_or(0, |key| key.ttl)),
        number(job.max_tries),
        text(job.after),
    ]);
    Ok(fields.into())
}

/// Reads jobs to push.
pub fn new_jobs(given: &Given) -> Outcome<Vec<NewJob>> {
    given.parts()?.iter().map(new_job).collect()
}

fn due(given: &Given) -> Outcome<Due> {
    let delay = given.field("delay").optional().map(|delay| delay.span()).transpose()?;
    let at = given.field("at").optional().map(|at| at.moment()).transpose()?;
    fairlane::given::due(delay, at).map_err(|error| raise(&error))
}

fn key(given: &Given) -> Outcome<Option<Key>> {
    let name = given.field("key").optional().map(|name| name.text()).transpose()?;
    let ttl = given.field("keyTtl").optional().map_or(Ok(0), |ttl| ttl.named("key_ttl").span())?;
    fairlane::given::key(name, ttl).map_err(|error| raise(&error))
}

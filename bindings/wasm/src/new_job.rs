use fairlane::{Due, Key, NewJob};
use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::backoff::policy;
use crate::errors::{Outcome, raise};
use crate::given::Given;
use crate::headers;
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
        headers: given
            .field("headers")
            .optional()
            .map_or(Ok(defaults.headers), |it| headers::read(&it))?,
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

/// Reads the packet of jobs to push: of each the place of its lane among the lanes and the length of
/// its payload; or a number that is none, and it is the next of the others.
pub fn new_jobs(
    numbers: &[f64],
    bytes: &[u8],
    lanes: &Array,
    others: &Array,
) -> Outcome<Vec<NewJob>> {
    let lane = |name| Given::new("lane", name).text();
    let lanes = lanes.iter().map(lane).collect::<Outcome<Vec<_>>>()?;
    let (mut rest, mut others) = (bytes, others.iter());
    let job = |&[lane, length]: &[f64; 2]| {
        let lane = if lane.is_nan() { None } else { lanes.get(lane as usize) };
        let Some(lane) = lane else {
            return new_job(&Given::new("job", others.next().unwrap_or_default()));
        };
        let (payload, after) = rest.split_at(rest.len().min(length as usize));
        rest = after;
        Ok(NewJob::in_lane(payload, &lane[..]))
    };
    numbers.as_chunks().0.iter().map(job).collect()
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

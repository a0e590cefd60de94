use fairlane::{BackoffPolicy, Due, Key, NewJob, Result, given};

use crate::noun::headers;
use crate::noun::limits::read_rate;
use crate::packet::Reader;
use crate::refuse;
use crate::time;

/// Reads a job to push.
pub fn read(arguments: &mut Reader<'_>) -> Result<NewJob> {
    read_next(arguments, &mut Vec::new())
}

/// Reads many jobs to push.
pub fn read_many(arguments: &mut Reader<'_>) -> Result<Vec<NewJob>> {
    let mut lanes = Vec::new();
    arguments.many(|arguments| read_next(arguments, &mut lanes))
}

/// Reads a job that has a payload and a lane alone, as most, or with all that can be said. A lane's
/// name comes with the first of its jobs, so that the payloads of the others stand together. Ranges
/// are left to the core, which knows the queue's own.
// A job is some 200 bytes: a call would move them twice more.
#[inline]
fn read_next<'a>(arguments: &mut Reader<'a>, lanes: &mut Vec<&'a str>) -> Result<NewJob> {
    let place = arguments.length()?;
    if place == lanes.len() {
        lanes.push(arguments.text()?);
    }
    let lane = *lanes.get(place).ok_or_else(refuse::packet)?;
    let payload = arguments.blob()?.to_vec();
    if arguments.truth()? {
        return Ok(NewJob::in_lane(payload, lane));
    }
    Ok(NewJob {
        payload,
        lane: lane.to_owned(),
        priority: arguments.integer()?,
        rate: read_rate(arguments)?,
        due: read_due(arguments)?,
        cost: arguments.integer()?,
        key: read_key(arguments)?,
        max_tries: arguments.integer()?,
        backoff: read_backoff(arguments)?,
        after: arguments.maybe_text()?.map(str::parse).transpose()?,
        headers: headers::read(arguments)?,
    })
}

fn read_due(arguments: &mut Reader<'_>) -> Result<Due> {
    let (delay, at) = (arguments.maybe_number()?, arguments.maybe_number()?);
    given::due(delay.map(time::whole), at.map(time::whole))
}

fn read_key(arguments: &mut Reader<'_>) -> Result<Option<Key>> {
    let name = arguments.maybe_text()?.map(str::to_owned);
    given::key(name, time::whole(arguments.number()?))
}

fn read_backoff(arguments: &mut Reader<'_>) -> Result<Option<BackoffPolicy>> {
    if !arguments.truth()? {
        return Ok(None);
    }
    Ok(Some(BackoffPolicy {
        min: arguments.integer()?,
        max: arguments.integer()?,
        factor: arguments.number()?,
        jitter: arguments.truth()?,
    }))
}

//! Records: a job as the push writes it and the worker reads it. The scripts read the head of it.

use crate::backoff::BackoffPolicy;
use crate::clock::Millis;
use crate::error::{Error, ErrorCode, Result};
use crate::headers::Headers;
use crate::job::{DEFAULT_MAX_TRIES, DEFAULT_PRIORITY, Due, NewJob};
use crate::token::JobId;

use super::reader::Reader;

const HAS_TERMS: u8 = 1;
const HAS_KEY: u8 = 2;
const HAS_PARENT: u8 = 4;
const HAS_BACKOFF: u8 = 8;
const LOST_KEY: u8 = 16;
const HAS_HEADERS: u8 = 32;

/// What a record tells of a job.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) pushed_at: Millis,
    pub(super) lane: String,
    pub(super) priority: i64,
    pub(super) cost: i64,
    pub(super) max_tries: i64,
    /// The key, unless the job has lost it to another; `bump_keys` is not known here.
    pub(super) key: Option<String>,
    pub(super) after: Option<JobId>,
    pub(super) backoff: Option<BackoffPolicy>,
    pub(super) headers: Headers,
    pub(super) payload: Vec<u8>,
}

/// Tells whether a job is due at once and has neither key, parent nor rate, and the cost 1.
pub(super) fn is_plain(job: &NewJob) -> bool {
    job.due == Due::Now
        && job.key.is_none()
        && job.after.is_none()
        && job.rate.is_none()
        && job.cost == 1
}

/// Writes the record of a job, all but the moment of its push, which the script puts before it.
pub(super) fn encode(job: &NewJob) -> Vec<u8> {
    let has_terms =
        (job.priority, job.cost, job.max_tries) != (DEFAULT_PRIORITY, 1, DEFAULT_MAX_TRIES);
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let flags = flag(has_terms, HAS_TERMS)
        | flag(job.key.is_some(), HAS_KEY)
        | flag(job.after.is_some(), HAS_PARENT)
        | flag(job.backoff.is_some(), HAS_BACKOFF)
        | flag(!job.headers.is_empty(), HAS_HEADERS);
    let mut record = Vec::with_capacity(job.payload.len() + job.lane.len() + 48);
    record.push(flags);
    put_text(&mut record, &job.lane);
    if has_terms {
        record.push(job.priority as u8);
        record.extend((job.cost as u16).to_le_bytes());
        record.extend((job.max_tries as f64).to_le_bytes());
    }
    if let Some(key) = &job.key {
        put_text(&mut record, &key.name);
    }
    if let Some(parent) = job.after {
        record.extend((parent.0 as f64).to_le_bytes());
    }
    if let Some(BackoffPolicy { min, max, factor, jitter }) = job.backoff {
        for number in [min as f64, max as f64, factor] {
            record.extend(number.to_le_bytes());
        }
        record.push(u8::from(jitter));
    }
    if !job.headers.is_empty() {
        put_headers(&mut record, &job.headers);
    }
    record.extend(&job.payload);
    record
}

/// Writes what only the push needs to know: empty for most jobs.
pub(super) fn encode_extras(job: &NewJob) -> Vec<u8> {
    let (kind, time) = match job.due {
        Due::Now => (0, 0),
        Due::In(delay) => (1, delay),
        Due::At(moment) => (2, moment),
    };
    let ttl = job.key.as_ref().map_or(0, |key| key.ttl);
    if kind == 0 && job.key.is_none() && job.rate.is_none() {
        return Vec::new();
    }
    let mut extras = vec![kind];
    extras.extend((time as f64).to_le_bytes());
    extras.extend((ttl as f64).to_le_bytes());
    extras.push(u8::from(job.rate.is_some()));
    let (count, window) = job.rate.map_or((0, 0), |rate| (rate.count, rate.window));
    extras.extend((count as f64).to_le_bytes());
    extras.extend((window as f64).to_le_bytes());
    extras
}

/// Reads a record.
pub(super) fn decode(bytes: &[u8]) -> Result<Record> {
    let mut reader = Reader::new(bytes);
    read(&mut reader).ok_or_else(|| {
        Error::new(ErrorCode::Corrupt, "record of a job is not one that fairlane wrote")
    })
}

fn read(reader: &mut Reader<'_>) -> Option<Record> {
    let pushed_at = reader.moment()?;
    let flags = reader.byte()?;
    let has = |flag: u8| flags & flag != 0;
    let lane = reader.text()?;
    let (priority, cost, max_tries) = if has(HAS_TERMS) {
        (i64::from(reader.byte()?), i64::from(reader.short()?), reader.number()? as i64)
    } else {
        (DEFAULT_PRIORITY, 1, DEFAULT_MAX_TRIES)
    };
    let key = if has(HAS_KEY) { Some(reader.text()?) } else { None };
    let after = if has(HAS_PARENT) { Some(JobId(reader.number()? as u64)) } else { None };
    let backoff = if has(HAS_BACKOFF) { Some(read_backoff(reader)?) } else { None };
    let headers = if has(HAS_HEADERS) { read_headers(reader)? } else { Headers::new() };
    Some(Record {
        pushed_at,
        lane,
        priority,
        cost,
        max_tries,
        key: key.filter(|_| !has(LOST_KEY)),
        after,
        backoff,
        headers,
        payload: reader.rest().to_vec(),
    })
}

fn read_backoff(reader: &mut Reader<'_>) -> Option<BackoffPolicy> {
    let (min, max) = (reader.number()? as Millis, reader.number()? as Millis);
    Some(BackoffPolicy { min, max, factor: reader.number()?, jitter: reader.byte()? == 1 })
}

/// Writes headers as one field, which the scripts can pass over: its length, then each name and value.
/// The facade has checked that all fit in a length of two bytes.
fn put_headers(record: &mut Vec<u8>, headers: &Headers) {
    let mut field = Vec::new();
    for (name, value) in headers {
        put_text(&mut field, name);
        put_text(&mut field, value);
    }
    record.extend((field.len() as u16).to_le_bytes());
    record.extend(field);
}

fn read_headers(reader: &mut Reader<'_>) -> Option<Headers> {
    let length = usize::from(reader.short()?);
    let mut field = Reader::new(reader.bytes(length)?);
    let mut headers = Headers::new();
    while !field.rest().is_empty() {
        headers.insert(field.text()?, field.text()?);
    }
    Some(headers)
}

/// The facade has checked that names are short.
pub(super) fn put_text(record: &mut Vec<u8>, text: &str) {
    record.extend((text.len() as u16).to_le_bytes());
    record.extend(text.as_bytes());
}

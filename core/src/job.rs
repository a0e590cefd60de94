//! Jobs: as they are pushed, as they are delivered, as they are looked at.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::backoff::BackoffPolicy;
use crate::clock::{Millis, millis};
use crate::convert::{moment_error, span_of_millis_within};
use crate::error::{Error, ErrorCode, Result};
use crate::fair::MAX_COST;
use crate::headers::{Headers, validate_headers};
use crate::limits::Rate;
use crate::token::{JobId, Token};

/// The priority of a job that names none.
pub const DEFAULT_PRIORITY: i64 = 1;
/// The priority of work that may wait for everything else.
pub const BULK_PRIORITY: i64 = 0;
/// The highest priority.
pub const MAX_PRIORITY: i64 = 9;
/// The lane of a job that names none.
pub const DEFAULT_LANE: &str = "default";
/// The lease of a pop that names none, in milliseconds.
pub const DEFAULT_LEASE: Millis = 120_000;
/// The tries of a job that names none.
pub const DEFAULT_MAX_TRIES: i64 = 10;
/// The longest lane name or key in bytes.
pub const MAX_NAME: usize = 1024;
/// The longest delay, lease or ttl, in milliseconds: 10 years of 365 days.
pub const MAX_DELAY: Millis = 10 * 365 * 24 * 60 * 60 * 1000;
/// The latest moment that a job can be due: the end of the year 9999.
pub const MAX_MOMENT: Millis = 253_402_300_799_999;
/// The longest error text that is kept with a job, in bytes; the rest is cut off.
pub const MAX_ERROR: usize = 4096;

/// When a pushed job may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Due {
    /// At once.
    #[default]
    Now,
    /// After that many milliseconds.
    In(Millis),
    /// From that moment on, in milliseconds since the Unix epoch; a moment in the past is now.
    At(Millis),
}

/// A key that at most one job holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key's name.
    pub name: String,
    /// How long from the push the key stays taken even if the job ends before, in milliseconds.
    pub ttl: Millis,
}

/// A job to push.
///
/// ```
/// use fairlane::{NewJob, Rate};
/// let job = NewJob::new("hello").lane("tenant-7").priority(5).rate(Rate::per_second(10));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// The bytes that the worker gets; fairlane never looks into them.
    pub payload: Vec<u8>,
    /// The lane; [`DEFAULT_LANE`] by default.
    pub lane: String,
    /// 0 to 9, higher first within the lane; [`DEFAULT_PRIORITY`] by default.
    pub priority: i64,
    /// Sets the lane's rate with the push; `None`, the default, leaves it as it is.
    pub rate: Option<Rate>,
    /// When the job may start; at once by default.
    pub due: Due,
    /// How many starts the job counts as; 1 by default, at most [`MAX_COST`].
    pub cost: i64,
    /// The key that only one job may hold; none by default.
    pub key: Option<Key>,
    /// How often the job is tried before it is dead; [`DEFAULT_MAX_TRIES`] by default, -1 for ever.
    pub max_tries: i64,
    /// How long a retry waits; [`BackoffPolicy::RETRY`] if none is given.
    pub backoff: Option<BackoffPolicy>,
    /// The job that must complete first; none by default.
    pub after: Option<JobId>,
    /// What travels with the job beside its payload; empty by default.
    pub headers: Headers,
}

impl NewJob {
    /// Makes a job of that payload with every other setting at its default.
    pub fn new(payload: impl Into<Vec<u8>>) -> Self {
        Self::in_lane(payload, DEFAULT_LANE)
    }

    /// Makes a job of that payload in that lane, with every other setting at its default: the same as
    /// [`NewJob::new`] and [`NewJob::lane`], without making the name of the default lane first.
    ///
    /// ```
    /// # use fairlane::NewJob;
    /// assert_eq!(NewJob::in_lane("hello", "tenant-7"), NewJob::new("hello").lane("tenant-7"));
    /// ```
    #[inline]
    pub fn in_lane(payload: impl Into<Vec<u8>>, lane: impl Into<String>) -> Self {
        Self {
            payload: payload.into(),
            lane: lane.into(),
            priority: DEFAULT_PRIORITY,
            rate: None,
            due: Due::Now,
            cost: 1,
            key: None,
            max_tries: DEFAULT_MAX_TRIES,
            backoff: None,
            after: None,
            headers: Headers::new(),
        }
    }

    /// Sets the lane.
    pub fn lane(mut self, lane: impl Into<String>) -> Self {
        self.lane = lane.into();
        self
    }

    /// Sets the priority, 0 to 9.
    pub fn priority(mut self, priority: i64) -> Self {
        self.priority = priority;
        self
    }

    /// Sets the lane's rate with the push.
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// Holds the job back for that long.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.due = Due::In(millis(delay));
        self
    }

    /// Holds the job back until that moment, in milliseconds since the Unix epoch.
    pub fn at(mut self, moment: Millis) -> Self {
        self.due = Due::At(moment);
        self
    }

    /// Sets how many starts the job counts as.
    pub fn cost(mut self, cost: i64) -> Self {
        self.cost = cost;
        self
    }

    /// Gives the job a key: while a job of that key is queued or running, and until `ttl` from its
    /// push has passed, a further push makes no job and gives the id of the first.
    pub fn key(mut self, name: impl Into<String>, ttl: Duration) -> Self {
        self.key = Some(Key { name: name.into(), ttl: millis(ttl) });
        self
    }

    /// Sets how often the job is tried; -1 for ever.
    pub fn max_tries(mut self, max_tries: i64) -> Self {
        self.max_tries = max_tries;
        self
    }

    /// Sets how long a retry waits.
    pub fn backoff(mut self, backoff: BackoffPolicy) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// Hides the job until the job `parent` has completed.
    pub fn after(mut self, parent: JobId) -> Self {
        self.after = Some(parent);
        self
    }

    /// Adds a header, or gives one of that name another value.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Sets all headers.
    pub fn headers(mut self, headers: Headers) -> Self {
        self.headers = headers;
        self
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// `PayloadTooLarge`; `InvalidArgument` names the field that is out of range.
    pub fn validate(&self, max_payload: usize) -> Result<()> {
        validate_payload(self.payload.len(), max_payload)?;
        validate_name("lane", &self.lane)?;
        if !(0..=MAX_PRIORITY).contains(&self.priority) {
            return Err(Error::invalid(format!(
                "priority {} is out of range: accepted are 0 to {MAX_PRIORITY}",
                self.priority
            )));
        }
        if let Some(rate) = self.rate {
            rate.validate()?;
        }
        match self.due {
            Due::Now => {}
            Due::In(delay) => validate_span("delay", delay)?,
            Due::At(moment) => validate_moment("at", moment)?,
        }
        if !(1..=MAX_COST).contains(&self.cost) {
            return Err(Error::invalid(format!(
                "cost {} is out of range: accepted are 1 to {MAX_COST}",
                self.cost
            )));
        }
        if let Some(key) = &self.key {
            validate_name("key", &key.name)?;
            validate_span("key_ttl", key.ttl)?;
        }
        if self.max_tries < -1 || self.max_tries == 0 || self.max_tries > i64::from(u32::MAX) {
            return Err(Error::invalid(format!(
                "max_tries {} is out of range: accepted are -1 (no end) and 1 to {}",
                self.max_tries,
                u32::MAX
            )));
        }
        if let Some(backoff) = self.backoff {
            backoff.validate()?;
        }
        validate_headers(&self.headers)
    }
}

/// Checks the length of a payload; for hosts that do so before they copy it.
///
/// # Errors
/// `PayloadTooLarge` if it is over `max_payload` bytes.
pub fn validate_payload(length: usize, max_payload: usize) -> Result<()> {
    if length > max_payload {
        return Err(Error::new(
            ErrorCode::PayloadTooLarge,
            format!(
                "payload of {length} bytes is too large: accepted are up to {max_payload} bytes"
            ),
        ));
    }
    Ok(())
}

/// Checks the name of a lane, a key or a queue.
pub(crate) fn validate_name(what: &str, name: &str) -> Result<()> {
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(Error::invalid(format!(
            "{what} name of {} bytes is not accepted: accepted are 1 to {MAX_NAME} bytes",
            name.len()
        )));
    }
    Ok(())
}

/// Checks a length of time in milliseconds.
pub(crate) fn validate_span(what: &str, span: Millis) -> Result<()> {
    span_of_millis_within(what, span, 0..=MAX_DELAY).map(drop)
}

/// Checks a moment in milliseconds since the Unix epoch.
pub(crate) fn validate_moment(what: &str, moment: Millis) -> Result<()> {
    if (0..=MAX_MOMENT).contains(&moment) { Ok(()) } else { Err(moment_error(what, moment)) }
}

/// Cuts an error text to what is kept with a job.
pub(crate) fn clip_error(mut error: String) -> String {
    if error.len() > MAX_ERROR {
        let mut end = MAX_ERROR;
        while !error.is_char_boundary(end) {
            end -= 1;
        }
        error.truncate(end);
    }
    error
}

/// What a push did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushed {
    /// The job; the one that holds the key, if the push made none.
    pub id: JobId,
    /// Whether the push made a job.
    pub is_new: bool,
}

/// A job that was delivered to a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The job's id.
    pub id: JobId,
    /// Names this delivery; what ends it must show it.
    pub token: Token,
    /// The lane.
    pub lane: String,
    /// The bytes that were pushed.
    pub payload: Vec<u8>,
    /// The priority.
    pub priority: i64,
    /// What the job counts as against limits.
    pub cost: i64,
    /// The number of this try; the first is 1.
    pub tries: i64,
    /// How often the job is tried; -1 for ever.
    pub max_tries: i64,
    /// How often a lease of this job lapsed or its worker died, without a word about the job.
    pub lapses: i64,
    /// When the job was pushed, in milliseconds since the Unix epoch.
    pub pushed_at: Millis,
    /// When this delivery started, by the store's clock.
    pub started_at: Millis,
    /// When the lease lapses; `None` if it was popped with lease 0, at most once.
    pub lease_until: Option<Millis>,
    /// The key, if it holds one.
    pub key: Option<String>,
    /// The job that had to complete first, if one was named.
    pub after: Option<JobId>,
    /// What the last failed try said.
    pub error: Option<String>,
    /// The headers that were pushed with it.
    pub headers: Headers,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Waits for a worker.
    Ready,
    /// Waits for its time.
    Delayed,
    /// Waits for the job named by `after`.
    Blocked,
    /// Is being worked on.
    Leased,
    /// Is out of tries, or failed for good; in the archive.
    Dead,
}

impl JobState {
    /// Gives the name that every host shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Delayed => "delayed",
            Self::Blocked => "blocked",
            Self::Leased => "leased",
            Self::Dead => "dead",
        }
    }
}

/// A job as it stands in the store, looked at without taking it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobInfo {
    /// The job's id.
    pub id: JobId,
    /// Where it stands.
    pub state: JobState,
    /// The lane.
    pub lane: String,
    /// The bytes that were pushed.
    pub payload: Vec<u8>,
    /// The priority.
    pub priority: i64,
    /// What the job counts as against limits.
    pub cost: i64,
    /// How many tries were charged so far.
    pub tries: i64,
    /// How often the job is tried; -1 for ever.
    pub max_tries: i64,
    /// How often a lease of this job lapsed or its worker died.
    pub lapses: i64,
    /// When the job was pushed, in milliseconds since the Unix epoch.
    pub pushed_at: Millis,
    /// When a delayed job is due, and when a blocked one is at the earliest.
    pub due_at: Option<Millis>,
    /// When the lease of a leased job lapses.
    pub lease_until: Option<Millis>,
    /// When a dead job died.
    pub died_at: Option<Millis>,
    /// The key, if it holds one; of a dead job, the one it takes again when it is restored.
    pub key: Option<String>,
    /// The job that must complete first, if one was named.
    pub after: Option<JobId>,
    /// Whether the job named by `after` is dead: then this one stays blocked until that one is
    /// restored and completes.
    pub parent_dead: bool,
    /// What the last failed try said.
    pub error: Option<String>,
    /// The headers that were pushed with it.
    pub headers: Headers,
}

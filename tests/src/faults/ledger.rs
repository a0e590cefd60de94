//! A ledger: what a process was about to do, and what came of it.
//!
//! Each entry is one line, written with one `write` before the call and one after it. Nothing is
//! kept in the process, so the ledger of a process that is killed ends where the process did: a
//! call without an outcome may or may not have happened.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use fairlane::{Job, Token};
use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// A moment in nanoseconds of the clock that all processes of a machine share and nobody sets.
pub type Moment = u64;

/// Reads that clock.
pub fn moment() -> Moment {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap();
    now.tv_sec() as u64 * 1_000_000_000 + now.tv_nsec() as u64
}

/// Names a delivery: the job, and the number of the delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Handle {
    /// The job's id.
    pub job: u64,
    /// The number of the delivery, as in the token.
    pub delivery: u64,
}

impl From<&Token> for Handle {
    fn from(token: &Token) -> Self {
        Self { job: token.job.0, delivery: token.delivery }
    }
}

/// What a process is about to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// Push a job; the payload is of this push alone.
    Push { payload: String, after: Option<u64> },
    /// Pop some jobs.
    Pop { lease: i64 },
    /// Complete a delivery and push follow-ups of these payloads.
    Complete { of: Handle, then: Vec<String> },
    /// End a delivery with a retry.
    Retry { of: Handle },
    /// End a delivery for good.
    Fail { of: Handle },
    /// Give a job back.
    Release { of: Handle },
    /// Extend a lease.
    Extend { of: Handle, lease: i64 },
    /// Remove a job.
    Cancel { job: u64 },
    /// Keep house.
    Sweep,
    /// Do nothing until the lease has lapsed.
    Stall { of: Handle },
    /// Kill itself.
    Die,
}

impl Deed {
    /// Gives the delivery that the deed ends.
    pub fn ends(&self) -> Option<Handle> {
        match self {
            Self::Complete { of, .. }
            | Self::Retry { of }
            | Self::Fail { of }
            | Self::Release { of } => Some(*of),
            _ => None,
        }
    }

    /// Gives the name under which the deed is counted.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Push { .. } => "push",
            Self::Pop { .. } => "pop",
            Self::Complete { .. } => "complete",
            Self::Retry { .. } => "retry",
            Self::Fail { .. } => "fail",
            Self::Release { .. } => "release",
            Self::Extend { .. } => "extend",
            Self::Cancel { .. } => "cancel",
            Self::Sweep => "sweep",
            Self::Stall { .. } => "stall",
            Self::Die => "die",
        }
    }
}

/// A job that came with a pop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    pub of: Handle,
    pub lane: String,
    pub payload: String,
    pub cost: i64,
    pub tries: i64,
    pub max_tries: i64,
    pub lapses: i64,
    pub started_at: i64,
    pub after: Option<u64>,
}

impl From<&Job> for Delivered {
    fn from(job: &Job) -> Self {
        Self {
            of: Handle::from(&job.token),
            lane: job.lane.clone(),
            payload: String::from_utf8_lossy(&job.payload).into_owned(),
            cost: job.cost,
            tries: job.tries,
            max_tries: job.max_tries,
            lapses: job.lapses,
            started_at: job.started_at,
            after: job.after.map(|parent| parent.0),
        }
    }
}

/// What came of a deed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The push made this job.
    Pushed { job: u64 },
    /// The pop delivered these.
    Popped { jobs: Vec<Delivered> },
    /// It was done.
    Done,
    /// There was nothing to do.
    Nothing,
    /// The token was stale.
    Stale,
    /// Another error.
    Refused { code: i32, message: String },
}

/// A deed from its intent to its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When it began.
    pub from: Moment,
    /// What was to be done.
    pub deed: Deed,
    /// What came of it, and when; unknown if the process was killed meanwhile.
    pub outcome: Option<(Moment, Outcome)>,
}

impl Call {
    /// Tells whether the process was told that it was done.
    pub fn is_done(&self) -> bool {
        matches!(self.outcome, Some((_, Outcome::Done)))
    }

    /// Tells whether it was done as far as anybody can know.
    pub fn may_be_done(&self) -> bool {
        matches!(self.outcome, None | Some((_, Outcome::Done)))
    }
}

#[derive(Serialize, Deserialize)]
enum Entry {
    Intent { call: u64, at: Moment, deed: Deed },
    Outcome { call: u64, at: Moment, outcome: Outcome },
}

/// The ledger of one process.
pub struct Ledger {
    file: File,
    calls: AtomicU64,
}

impl Ledger {
    /// Begins a new ledger.
    pub fn create(path: &Path) -> Self {
        let file = OpenOptions::new().append(true).create_new(true).open(path).unwrap();
        Self { file, calls: AtomicU64::new(0) }
    }

    /// Does a deed between two entries.
    pub fn keep(&self, deed: Deed, act: impl FnOnce() -> Outcome) {
        self.keep_many(vec![deed], || vec![act()]);
    }

    /// Does deeds in one call.
    pub fn keep_many(&self, deeds: Vec<Deed>, act: impl FnOnce() -> Vec<Outcome>) {
        let first = self.calls.fetch_add(deeds.len() as u64, Ordering::Relaxed);
        for (call, deed) in (first..).zip(deeds) {
            self.write(&Entry::Intent { call, at: moment(), deed });
        }
        for (call, outcome) in (first..).zip(act()) {
            self.write(&Entry::Outcome { call, at: moment(), outcome });
        }
    }

    /// Writes a deed that has no outcome.
    pub fn note(&self, deed: Deed) {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        self.write(&Entry::Intent { call, at: moment(), deed });
    }

    fn write(&self, entry: &Entry) {
        let mut line = serde_json::to_vec(entry).unwrap();
        line.push(b'\n');
        (&self.file).write_all(&line).unwrap();
    }
}

/// Reads a ledger.
pub fn read(path: &Path) -> Vec<Call> {
    parse(&std::fs::read_to_string(path).unwrap())
}

/// Reads the text of a ledger. A line that the kill cut off is left out.
pub fn parse(text: &str) -> Vec<Call> {
    let mut calls = BTreeMap::new();
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        match serde_json::from_str(line).unwrap() {
            Entry::Intent { call, at, deed } => {
                calls.insert(call, Call { from: at, deed, outcome: None });
            }
            Entry::Outcome { call, at, outcome } => {
                calls.get_mut(&call).expect("an intent").outcome = Some((at, outcome));
            }
        }
    }
    calls.into_values().collect()
}

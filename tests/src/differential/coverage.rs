//! What came up in the sequences: a test that never met a stale token has not tested any.

use std::collections::BTreeMap;
use std::fmt;

use fairlane::store::Fate;
use fairlane::{Error, ErrorCode, LaneState, Stats};

use super::answer::Answer;
use super::operation::Operation;

/// What has to come up.
const EVENTS: [&str; 36] = [
    "delivered",
    "headers were delivered",
    "completed",
    "retried",
    "died",
    "lapsed",
    "woken",
    "came due",
    "restored",
    "cleaned",
    "cancelled",
    "purged",
    "key was held",
    "token was stale",
    "token was foreign",
    "parent was unknown",
    "lane or queue was full",
    "lane was capped",
    "lane was throttled",
    "lane was paused",
    "job was blocked",
    "parent was dead",
    "clock was set back",
    "queue's rate was in use",
    "many lanes were ready",
    "repaired",
    "hold was taken",
    "hold was refused",
    "hold was kept",
    "tick had come",
    "tick was fired",
    "tick was another's",
    "result was kept",
    "result was over",
    "fate was open",
    "fate was death",
];

/// Counts what came up.
#[derive(Debug, Clone, Default)]
pub struct Coverage(BTreeMap<&'static str, u64>);

impl Coverage {
    fn count(&mut self, event: &'static str, times: impl TryInto<u64>) {
        *self.0.entry(event).or_default() += times.try_into().unwrap_or(0);
    }

    pub(super) fn see(&mut self, operation: &Operation, answer: &Answer) {
        for error in answer.errors() {
            self.count(name(error), 1_u64);
        }
        match operation {
            Operation::SetBack(_) => self.count("clock was set back", 1_u64),
            Operation::Repair => self.count("repaired", 1_u64),
            _ => {}
        }
        match (operation, answer) {
            (_, Answer::Pushed(Ok(pushed))) => {
                let held = pushed.iter().filter(|pushed| !pushed.is_new);
                self.count("key was held", held.count());
            }
            (_, Answer::Popped(Ok(batch))) => {
                self.count("delivered", batch.jobs.len());
                let with_headers = batch.jobs.iter().filter(|job| !job.headers.is_empty());
                self.count("headers were delivered", with_headers.count());
                self.count("tick had come", u64::from(batch.has_tick));
            }
            (_, Answer::Fired(Ok(true))) => self.count("tick was fired", 1_u64),
            (_, Answer::Fired(Ok(false))) => self.count("tick was another's", 1_u64),
            (_, Answer::Swept(Ok(swept))) => {
                self.count("woken", swept.woken);
                self.count("came due", swept.due);
            }
            (Operation::Restore(_), Answer::Count(Ok(count))) => self.count("restored", *count),
            (Operation::Clean(_), Answer::Count(Ok(count))) => self.count("cleaned", *count),
            (Operation::Purge(_), Answer::Count(Ok(count))) => self.count("purged", *count),
            (Operation::Hold(..), Answer::Flags(Ok(taken))) => {
                let count = taken.iter().filter(|taken| **taken).count();
                self.count("hold was taken", count);
                self.count("hold was refused", taken.len() - count);
            }
            (Operation::Keep(..), Answer::Flags(Ok(kept))) => {
                self.count("hold was kept", kept.iter().filter(|kept| **kept).count());
            }
            (Operation::Cancel(_), Answer::Flag(Ok(was_there))) => {
                self.count("cancelled", u64::from(*was_there))
            }
            (_, Answer::Fate(Ok(fate))) => match fate {
                Fate::Open => self.count("fate was open", 1_u64),
                Fate::Kept(_) => self.count("result was kept", 1_u64),
                Fate::Dead(_) => self.count("fate was death", 1_u64),
                Fate::Gone => self.count("result was over", 1_u64),
            },
            (_, Answer::Lanes(Ok(lanes))) => {
                for lane in lanes {
                    match lane.state {
                        LaneState::Capped => self.count("lane was capped", 1_u64),
                        LaneState::Throttled => self.count("lane was throttled", 1_u64),
                        LaneState::Paused => self.count("lane was paused", 1_u64),
                        LaneState::Ready | LaneState::Empty => {}
                    }
                }
            }
            (_, Answer::Dump(Ok(dump))) => {
                self.count("job was blocked", dump.stats.counts.blocked);
                let orphans = dump.jobs.iter().filter(|(job, _)| job.parent_dead);
                self.count("parent was dead", orphans.count());
                let is_held_up = !dump.ready.is_empty() && !dump.history.is_empty();
                self.count("queue's rate was in use", u64::from(is_held_up));
                self.count("many lanes were ready", u64::from(dump.ready.len() > 20));
            }
            _ => {}
        }
    }

    /// Counts the sums that a sequence left behind.
    pub(super) fn see_sums(&mut self, sums: &Stats) {
        self.count("completed", sums.completed);
        self.count("retried", sums.retried);
        self.count("died", sums.died);
        self.count("lapsed", sums.lapsed);
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: &Coverage) {
        for (event, times) in &other.0 {
            self.count(event, *times);
        }
    }

    /// Lists what never came up.
    pub fn missing(&self) -> Vec<&'static str> {
        let came_up = |event: &&str| self.0.get(event).copied().unwrap_or(0) > 0;
        EVENTS.into_iter().filter(|event| !came_up(event)).collect()
    }
}

fn name(error: &Error) -> &'static str {
    match error.code() {
        ErrorCode::StaleToken => "token was stale",
        ErrorCode::QueueFull => "lane or queue was full",
        ErrorCode::Unsupported => "shards were different",
        _ if error.message().starts_with("after names") => "parent was unknown",
        _ if error.message().ends_with("another queue") => "token was foreign",
        _ => "other error",
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (event, times) in &self.0 {
            writeln!(out, "{times:>9} {event}")?;
        }
        Ok(())
    }
}

//! What can be seen of lanes and of a whole queue.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::limits::Limits;

/// Why a lane is served or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LaneState {
    /// Has a job that may start now.
    Ready,
    /// Has no ready job.
    Empty,
    /// Is paused.
    Paused,
    /// Has `max_in_flight` jobs in flight.
    Capped,
    /// Waits for its rate, or for the end of a `throttle`.
    Throttled,
}

impl LaneState {
    /// Gives the name that every host shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Empty => "empty",
            Self::Paused => "paused",
            Self::Capped => "capped",
            Self::Throttled => "throttled",
        }
    }
}

/// How many jobs stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Jobs that wait for a worker.
    pub ready: i64,
    /// Jobs that wait for their time.
    pub delayed: i64,
    /// Jobs that wait for another job.
    pub blocked: i64,
    /// Jobs that are being worked on.
    pub in_flight: i64,
}

impl Counts {
    /// Gives the jobs that wait for anything: what `max_waiting` counts and `size` tells.
    pub fn waiting(&self) -> i64 {
        self.ready + self.delayed + self.blocked
    }
}

/// A lane, looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LaneInfo {
    /// The lane's name.
    pub name: String,
    /// Why it is served or not.
    pub state: LaneState,
    /// How many of its jobs stand where.
    pub counts: Counts,
    /// The limits in force.
    pub limits: Limits,
    /// Whether it is paused.
    pub paused: bool,
    /// When a throttled lane may start its next job.
    pub wakes_at: Option<Millis>,
}

/// A queue, looked at. The sums count from the making of the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// How many jobs stand where.
    pub counts: Counts,
    /// Dead jobs in the archive.
    pub dead: i64,
    /// Rows set aside because they could not be read.
    pub quarantined: i64,
    /// Lanes with jobs, settings or unexpired limits.
    pub lanes: i64,
    /// Whether the whole queue is paused.
    pub paused: bool,
    /// The limits of the whole queue; its weight has no meaning.
    pub limits: Limits,
    /// Jobs pushed, follow-ups included.
    pub pushed: i64,
    /// Jobs completed, those popped with lease 0 included.
    pub completed: i64,
    /// Deliveries that ended in a retry.
    pub retried: i64,
    /// Jobs that died.
    pub died: i64,
    /// Leases that lapsed, those of killed workers included.
    pub lapsed: i64,
}

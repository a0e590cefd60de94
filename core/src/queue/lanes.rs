//! Lanes: limits, pause, throttle, and the sweep that wakes what is due.

use std::time::Duration;

use crate::clock::millis;
use crate::dethrottler::Dethrottler;
use crate::error::{Error, Result};
use crate::job::{validate_name, validate_span};
use crate::limits::LimitsChange;
use crate::queue::Queue;
use crate::store::{LaneChange, Repaired, Swept};

impl Queue {
    /// Sets limits of a lane, or of the whole queue (`None`), apart from any push. They stay until
    /// they are set again, even while the lane is empty. Work that waits is never stranded.
    ///
    /// # Errors
    /// `InvalidArgument` if a value is out of range, or if a weight is given for the whole queue.
    pub fn set_limits(&self, lane: Option<&str>, change: LimitsChange) -> Result<()> {
        change.validate()?;
        if lane.is_none() && change.weight.is_some() {
            return Err(Error::invalid("weight of a whole queue is not accepted: name a lane"));
        }
        self.configure(lane, LaneChange::Limits(change))
    }

    /// Starts no more jobs of a lane, or of the whole queue (`None`). Jobs in flight go on.
    ///
    /// # Errors
    /// `InvalidArgument` if the name is not accepted.
    pub fn pause(&self, lane: Option<&str>) -> Result<()> {
        self.configure(lane, LaneChange::Pause)
    }

    /// Starts jobs of a paused lane, or of the paused queue (`None`), again.
    ///
    /// # Errors
    /// `InvalidArgument` if the name is not accepted.
    pub fn resume(&self, lane: Option<&str>) -> Result<()> {
        self.configure(lane, LaneChange::Resume)
    }

    /// Starts no job of a lane, or of the whole queue (`None`), for that long from now; the answer
    /// to a provider's "429, retry after". 0 ends an earlier throttle.
    ///
    /// # Errors
    /// `InvalidArgument` if the name or the time is out of range.
    pub fn throttle(&self, lane: Option<&str>, time: Duration) -> Result<()> {
        let time = millis(time);
        validate_span("throttle", time)?;
        self.configure(lane, LaneChange::Throttle(time))
    }

    /// Wakes throttled, delayed and lapsed work that is due, rings idle workers and keeps house.
    /// Never needed for correctness: every call wakes what is due. Harmless at any time.
    ///
    /// # Errors
    /// Those of the store.
    pub fn dethrottle(&self) -> Result<Swept> {
        let swept = self.store.sweep()?;
        self.fire_ticks()?;
        Ok(swept)
    }

    /// Starts a thread that calls [`Queue::dethrottle`] every `interval`, until it is stopped or
    /// dropped or the queue is closed.
    ///
    /// # Errors
    /// `InvalidArgument` if the interval is 0; `Unavailable` if there is no thread to be had.
    pub fn start_dethrottler(&self, interval: Duration) -> Result<Dethrottler> {
        Dethrottler::start(self.clone(), interval)
    }

    /// Looks at every job and lane, mends counters, indexes and places that are wrong, and tells what
    /// was found; for a queue whose rows were deleted or changed by something else than fairlane.
    /// Takes time for every job, in steps between which others are served; harmless at any time.
    ///
    /// # Errors
    /// Those of the store; what was mended until then stays so.
    pub fn repair(&self) -> Result<Repaired> {
        self.store.repair()
    }

    fn configure(&self, lane: Option<&str>, change: LaneChange) -> Result<()> {
        if let Some(lane) = lane {
            validate_name("lane", lane)?;
        }
        self.store.configure(lane.map(str::to_owned), change)
    }
}

//! What a lane, or a whole queue, may do: rate, in-flight, weight, waiting.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::{Millis, millis};
use crate::error::{Error, Result};
use crate::fair::MAX_WEIGHT;

/// The longest window of a [`Rate`], in milliseconds: 31 days.
pub const MAX_WINDOW: Millis = 31 * 24 * 60 * 60 * 1000;

/// The highest count of a [`Rate`].
pub const MAX_RATE_COUNT: i64 = 1_000_000;

/// An exact limit: in any window of `window` milliseconds at most `count` jobs start.
///
/// Bursts up to `count` are allowed. A count of 0 means no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// How many jobs (or how much cost) may start within one window; 0 means no limit.
    pub count: i64,
    /// The length of the window in milliseconds.
    pub window: Millis,
}

impl Rate {
    /// No limit.
    pub const UNLIMITED: Rate = Rate { count: 0, window: 1000 };

    /// Allows `count` starts in any second: what `tps` means in every host.
    pub const fn per_second(count: i64) -> Self {
        Self { count, window: 1000 }
    }

    /// Allows `count` starts in any window of that length.
    pub fn new(count: i64, window: Duration) -> Self {
        Self { count, window: millis(window) }
    }

    /// Tells whether this is no limit at all.
    pub fn is_unlimited(self) -> bool {
        self.count == 0
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// `InvalidArgument` names the field that is out of range.
    pub fn validate(self) -> Result<()> {
        if !(0..=MAX_RATE_COUNT).contains(&self.count) {
            return Err(Error::invalid(format!(
                "rate count {} is out of range: accepted are 0 (no limit) to {MAX_RATE_COUNT}",
                self.count
            )));
        }
        if !(1..=MAX_WINDOW).contains(&self.window) {
            return Err(Error::invalid(format!(
                "rate window {} ms is out of range: accepted are 1 ms to {MAX_WINDOW} ms",
                self.window
            )));
        }
        Ok(())
    }
}

/// The limits in force for a lane or a whole queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The exact rate; [`Rate::UNLIMITED`] by default.
    pub rate: Rate,
    /// The most jobs in flight at once; 0, the default, means no limit.
    pub max_in_flight: i64,
    /// The lane's share against other lanes, 1 to 1000; 1 by default.
    pub weight: i64,
    /// The most jobs waiting (ready, delayed and blocked); 0, the default, means no limit.
    pub max_waiting: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rate: Rate::UNLIMITED, max_in_flight: 0, weight: 1, max_waiting: 0 }
    }
}

/// A change of limits: what is `None` stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LimitsChange {
    /// The new rate; `Rate::UNLIMITED` lifts it.
    pub rate: Option<Rate>,
    /// The new most in flight; 0 lifts it.
    pub max_in_flight: Option<i64>,
    /// The new weight; lanes only.
    pub weight: Option<i64>,
    /// The new most waiting; 0 lifts it.
    pub max_waiting: Option<i64>,
}

impl LimitsChange {
    /// Checks the ranges.
    ///
    /// # Errors
    /// `InvalidArgument` names the field that is out of range.
    pub fn validate(&self) -> Result<()> {
        if let Some(rate) = self.rate {
            rate.validate()?;
        }
        let weight = self.weight.unwrap_or(1);
        if !(1..=MAX_WEIGHT).contains(&weight) {
            return Err(Error::invalid(format!(
                "weight {weight} is out of range: accepted are 1 to {MAX_WEIGHT}"
            )));
        }
        for (name, value) in
            [("max_in_flight", self.max_in_flight), ("max_waiting", self.max_waiting)]
        {
            if let Some(value) = value
                && value < 0
            {
                return Err(Error::invalid(format!(
                    "{name} {value} is out of range: accepted are 0 (no limit) and above"
                )));
            }
        }
        Ok(())
    }

    /// Gives `limits` with this change applied.
    pub fn apply(&self, limits: Limits) -> Limits {
        Limits {
            rate: self.rate.unwrap_or(limits.rate),
            max_in_flight: self.max_in_flight.unwrap_or(limits.max_in_flight),
            weight: self.weight.unwrap_or(limits.weight),
            max_waiting: self.max_waiting.unwrap_or(limits.max_waiting),
        }
    }
}

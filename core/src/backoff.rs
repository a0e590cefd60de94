//! Backoff: how long to wait before the next try.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use web_time::Instant;

use crate::clock::{Millis, duration};
use crate::error::{Error, Result};
use crate::random::{Random, SystemRandom};

/// The longest delay that a policy may name, in milliseconds: 365 days.
pub const MAX_BACKOFF: Millis = 365 * 24 * 60 * 60 * 1000;

/// How the delay grows from try to try.
///
/// The delay before try `n + 1`, counted from 0, is `min * factor^n`, at most `max`. With jitter it
/// is drawn evenly between `min` and that value ("full jitter" above a floor; Brooker, "Exponential
/// Backoff And Jitter", 2015), so that jobs that failed together do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BackoffPolicy {
    /// The first and shortest delay in milliseconds.
    pub min: Millis,
    /// The longest delay in milliseconds.
    pub max: Millis,
    /// What each delay is multiplied by.
    pub factor: f64,
    /// Whether the delay is drawn at random.
    pub jitter: bool,
}

impl BackoffPolicy {
    /// The policy of a job that names none: 1 s to 10 min, factor 2, jitter.
    pub const RETRY: BackoffPolicy =
        BackoffPolicy { min: 1_000, max: 600_000, factor: 2.0, jitter: true };

    /// Checks the ranges.
    ///
    /// # Errors
    /// `InvalidArgument` names the field that is out of range.
    pub fn validate(&self) -> Result<()> {
        for (name, value) in [("min", self.min), ("max", self.max)] {
            if !(0..=MAX_BACKOFF).contains(&value) {
                return Err(Error::invalid(format!(
                    "backoff {name} {value} ms is out of range: accepted are 0 ms to {MAX_BACKOFF} ms"
                )));
            }
        }
        if self.min > self.max {
            return Err(Error::invalid(format!(
                "backoff min {} ms is above max {} ms: min must not exceed max",
                self.min, self.max
            )));
        }
        if !(1.0..=1000.0).contains(&self.factor) {
            return Err(Error::invalid(format!(
                "backoff factor {} is out of range: accepted are 1 to 1000",
                self.factor
            )));
        }
        Ok(())
    }

    /// Gives the delay in milliseconds after `attempt` earlier failures; `random` is in `[0, 1)`
    /// and is used only with jitter.
    pub fn delay(&self, attempt: u32, random: f64) -> Millis {
        let (min, max) = (self.min as f64, self.max as f64);
        let exponent = i32::try_from(attempt).unwrap_or(i32::MAX);
        let grown = (min * self.factor.powi(exponent)).min(max).max(min);
        let delay = if self.jitter { min + random * (grown - min) } else { grown };
        delay as Millis
    }
}

/// Counts attempts and tells how long to wait before the next one.
///
/// It is a value of its own, tied to no queue and not shared between threads.
#[derive(Debug, Clone)]
pub struct Backoff {
    policy: BackoffPolicy,
    limit: Option<u32>,
    expiration: Option<Duration>,
    attempt: u32,
    started: Option<Instant>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            policy: BackoffPolicy { min: 100, max: 10_000, factor: 2.0, jitter: false },
            limit: None,
            expiration: None,
            attempt: 0,
            started: None,
        }
    }
}

impl Backoff {
    /// Makes a backoff. By default it goes from 100 ms to 10 s with factor 2, without jitter, limit
    /// or expiration: start from [`Backoff::default`] for those.
    ///
    /// `limit` is the number of delays that are handed out; after that many [`Backoff::duration`]
    /// gives `None`. `expiration` is the time from the first delay after which it gives `None`.
    ///
    /// # Errors
    /// `InvalidArgument` names the field that is out of range.
    pub fn new(
        policy: BackoffPolicy,
        limit: Option<u32>,
        expiration: Option<Duration>,
    ) -> Result<Self> {
        policy.validate()?;
        Ok(Self { policy, limit, expiration, attempt: 0, started: None })
    }

    /// Gives the delay before the next attempt and counts it; `None` when the limit or the
    /// expiration is reached. Does not sleep.
    pub fn duration(&mut self) -> Option<Duration> {
        self.duration_with(&SystemRandom)
    }

    /// Does what [`Backoff::duration`] does, with randomness of the caller's.
    pub fn duration_with(&mut self, random: &dyn Random) -> Option<Duration> {
        let started = *self.started.get_or_insert_with(Instant::now);
        if self.limit.is_some_and(|limit| self.attempt >= limit)
            || self.expiration.is_some_and(|expiration| started.elapsed() >= expiration)
        {
            return None;
        }
        let delay = self.policy.delay(self.attempt, random.unit());
        self.attempt = self.attempt.saturating_add(1);
        Some(duration(delay))
    }

    /// Gives the delay after `attempt` earlier attempts, counted from 0, and changes nothing.
    pub fn for_attempt(&self, attempt: u32) -> Duration {
        duration(self.policy.delay(attempt, SystemRandom.unit()))
    }

    /// Gives the number of delays handed out since the start or the last reset.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Starts again from the first delay.
    pub fn reset(&mut self) {
        self.attempt = 0;
        self.started = None;
    }

    /// Makes a fresh backoff of the same settings, at its first delay.
    pub fn copy(&self) -> Self {
        Self { attempt: 0, started: None, ..self.clone() }
    }

    /// Gives the settings.
    pub fn policy(&self) -> BackoffPolicy {
        self.policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: BackoffPolicy = BackoffPolicy { min: 100, max: 1_000, factor: 2.0, jitter: false };

    #[test]
    fn delays_double_up_to_the_maximum() {
        let delays: Vec<_> = (0..6).map(|attempt| PLAIN.delay(attempt, 0.9)).collect();
        assert_eq!(delays, [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(PLAIN.delay(u32::MAX, 0.0), 1_000);
    }

    #[test]
    fn jitter_stays_between_the_minimum_and_the_grown_delay() {
        let policy = BackoffPolicy { jitter: true, ..PLAIN };
        assert_eq!(policy.delay(3, 0.0), 100);
        assert_eq!(policy.delay(3, 0.5), 450);
        assert!(policy.delay(3, 0.999_999) < 800);
    }

    #[test]
    fn limit_and_reset_and_copy() {
        let mut backoff = Backoff::new(PLAIN, Some(2), None).unwrap();
        assert_eq!(backoff.duration(), Some(Duration::from_millis(100)));
        assert_eq!(backoff.duration(), Some(Duration::from_millis(200)));
        assert_eq!((backoff.duration(), backoff.attempt()), (None, 2));
        assert_eq!(backoff.copy().attempt(), 0);
        backoff.reset();
        assert_eq!(backoff.duration(), Some(Duration::from_millis(100)));
    }

    #[test]
    fn an_expired_backoff_gives_nothing() {
        let mut backoff = Backoff::new(PLAIN, None, Some(Duration::ZERO)).unwrap();
        assert_eq!(backoff.duration(), None);
    }

    #[test]
    fn wrong_settings_are_named() {
        let wrong = BackoffPolicy { factor: f64::NAN, ..PLAIN };
        let message = Backoff::new(wrong, None, None).unwrap_err().to_string();
        assert_eq!(message, "backoff factor NaN is out of range: accepted are 1 to 1000");
        assert!(BackoffPolicy { min: 5, max: 4, ..PLAIN }.validate().is_err());
    }
}

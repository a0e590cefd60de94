use fairlane::{BackoffPolicy, Result, convert};
use napi_derive::napi;

use crate::{door, time};

/// Counts attempts and tells how long to wait before the next one.
#[napi]
pub struct Backoff(fairlane::Backoff);

#[napi]
impl Backoff {
    /// Makes a backoff at its first delay.
    #[napi(constructor)]
    pub fn new(
        min: f64,
        max: f64,
        factor: f64,
        jitter: bool,
        limit: Option<i64>,
        expiration: Option<f64>,
    ) -> napi::Result<Self, &'static str> {
        door::entered(|| {
            let policy = policy(min, max, factor, jitter)?;
            let limit = limit.map(|limit| convert::count("limit", limit)).transpose()?;
            let expiration =
                expiration.map(|time| time::duration("expiration", time)).transpose()?;
            fairlane::Backoff::new(policy, limit, expiration).map(Self)
        })
    }

    /// Gives the delay before the next attempt and counts it.
    #[napi]
    pub fn duration(&mut self) -> napi::Result<Option<f64>, &'static str> {
        door::entered(|| Ok(self.0.duration().map(|delay| delay.as_millis() as f64)))
    }

    /// Gives the delay after that many earlier attempts, and changes nothing.
    #[napi]
    pub fn for_attempt(&self, attempt: i64) -> napi::Result<f64, &'static str> {
        door::entered(|| {
            let delay = self.0.for_attempt(convert::count("attempt", attempt)?);
            Ok(delay.as_millis() as f64)
        })
    }

    /// Tells how many delays were handed out.
    #[napi]
    pub fn attempt(&self) -> napi::Result<u32, &'static str> {
        door::entered(|| Ok(self.0.attempt()))
    }

    /// Starts again from the first delay.
    #[napi]
    pub fn reset(&mut self) -> napi::Result<(), &'static str> {
        door::entered(|| {
            self.0.reset();
            Ok(())
        })
    }
}

/// Checks the settings of a policy and gives its delays in whole milliseconds.
#[napi]
pub fn backoff_delays(
    min: f64,
    max: f64,
    factor: f64,
    jitter: bool,
) -> napi::Result<Vec<f64>, &'static str> {
    door::entered(|| {
        let policy = policy(min, max, factor, jitter)?;
        Ok(vec![policy.min as f64, policy.max as f64])
    })
}

fn policy(min: f64, max: f64, factor: f64, jitter: bool) -> Result<BackoffPolicy> {
    let policy = BackoffPolicy { min: time::whole(min), max: time::whole(max), factor, jitter };
    policy.validate().map(|()| policy)
}

use std::sync::Arc;

use fairlane::clock::Clock;
use fairlane::convert;
use fairlane::job::MAX_DELAY;
use napi_derive::napi;

use crate::{door, time};

/// A clock that is turned by hand, shared with the queues that it was given to.
#[napi]
pub struct ManualClock(Arc<fairlane::clock::ManualClock>);

impl ManualClock {
    pub fn shared(&self) -> Arc<fairlane::clock::ManualClock> {
        Arc::clone(&self.0)
    }
}

#[napi]
impl ManualClock {
    /// Makes a clock that shows `now`.
    #[napi(constructor)]
    pub fn new(now: f64) -> napi::Result<Self, &'static str> {
        door::entered(|| {
            let now = time::moment("now", now)?;
            Ok(Self(Arc::new(fairlane::clock::ManualClock::new(now))))
        })
    }

    /// Tells what the clock shows.
    #[napi]
    pub fn now(&self) -> napi::Result<f64, &'static str> {
        door::entered(|| Ok(self.0.now() as f64))
    }

    /// Turns the clock forward; back, if `by` is negative.
    #[napi]
    pub fn advance(&self, by: f64) -> napi::Result<(), &'static str> {
        door::entered(|| {
            let by =
                convert::span_of_millis_within("advance", time::whole(by), -MAX_DELAY..=MAX_DELAY)?;
            self.0.advance(by);
            Ok(())
        })
    }

    /// Turns the clock to a moment.
    #[napi]
    pub fn set(&self, now: f64) -> napi::Result<(), &'static str> {
        door::entered(|| {
            self.0.set(time::moment("now", now)?);
            Ok(())
        })
    }
}

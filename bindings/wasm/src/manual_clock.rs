use std::sync::Arc;

use fairlane::clock::{Clock, ManualClock as CoreClock};
use fairlane::job::MAX_DELAY;
use wasm_bindgen::prelude::*;

use crate::errors::Outcome;
use crate::given::Given;

/// A clock that stands still until it is turned by hand.
#[wasm_bindgen]
pub struct ManualClock(Arc<CoreClock>);

#[wasm_bindgen]
impl ManualClock {
    /// Makes a clock that shows `now`.
    #[wasm_bindgen(constructor)]
    pub fn new(now: JsValue) -> Outcome<Self> {
        let now = Given::new("now", now).moment()?;
        Ok(Self(Arc::new(CoreClock::new(now))))
    }

    /// Gives what the clock shows.
    pub fn now(&self) -> f64 {
        self.0.now() as f64
    }

    /// Turns the clock forward, or back.
    pub fn advance(&self, by: JsValue) -> Outcome<()> {
        self.0.advance(Given::new("advance", by).span_within(-MAX_DELAY..=MAX_DELAY)?);
        Ok(())
    }

    /// Turns the clock to a moment.
    pub fn set(&self, now: JsValue) -> Outcome<()> {
        self.0.set(Given::new("now", now).moment()?);
        Ok(())
    }

    /// Gives a second handle on the same clock, for a queue to keep.
    pub fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl ManualClock {
    pub fn shared(self) -> Arc<dyn Clock> {
        self.0
    }
}

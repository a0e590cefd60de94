use wasm_bindgen::prelude::*;

use crate::errors::Outcome;
use crate::given::Given;
use crate::limits::change;
use crate::queue::{Queue, lane, nothing};
use crate::repaired::repaired;
use crate::stats::swept;
use crate::verb::Verb;

#[wasm_bindgen]
impl Queue {
    /// Sets limits of a lane, or of the whole queue.
    #[wasm_bindgen(js_name = setLimits)]
    pub fn set_limits(&self, name: JsValue, limits: JsValue) -> Outcome<Verb> {
        let (name, change) = (lane(name)?, change(&Given::new("limits", limits))?);
        self.verb(move |queue| queue.set_limits(name.as_deref(), change), nothing)
    }

    /// Starts no more jobs of a lane, or of the whole queue.
    pub fn pause(&self, name: JsValue) -> Outcome<Verb> {
        let name = lane(name)?;
        self.verb(move |queue| queue.pause(name.as_deref()), nothing)
    }

    /// Starts jobs again.
    pub fn resume(&self, name: JsValue) -> Outcome<Verb> {
        let name = lane(name)?;
        self.verb(move |queue| queue.resume(name.as_deref()), nothing)
    }

    /// Starts no job of a lane, or of the whole queue, for that long.
    pub fn throttle(&self, name: JsValue, time: JsValue) -> Outcome<Verb> {
        let (name, time) = (lane(name)?, Given::new("throttle", time).duration()?);
        self.verb(move |queue| queue.throttle(name.as_deref(), time), nothing)
    }

    /// Wakes what is due.
    pub fn dethrottle(&self) -> Outcome<Verb> {
        self.verb(|queue| queue.dethrottle(), swept)
    }

    /// Makes the queue anew from the rows of its jobs.
    pub fn repair(&self) -> Outcome<Verb> {
        self.verb(|queue| queue.repair(), repaired)
    }
}

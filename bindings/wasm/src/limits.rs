use fairlane::clock::Millis;
use fairlane::limits::MAX_WINDOW;
use fairlane::{Error, Limits, LimitsChange, Rate};
use wasm_bindgen::JsValue;

use crate::errors::{Outcome, raise};
use crate::given::Given;
use crate::row::{number, row};

/// Gives the limits in force.
pub fn limits(limits: Limits) -> JsValue {
    let rate = row([limits.rate.count, limits.rate.window].map(number));
    let [in_flight, weight, waiting] =
        [limits.max_in_flight, limits.weight, limits.max_waiting].map(number);
    row([rate.into(), in_flight, weight, waiting]).into()
}

/// Reads a change of limits.
pub fn change(given: &Given) -> Outcome<LimitsChange> {
    let integer = |name| given.field(name).optional().map(|it| it.integer()).transpose();
    Ok(LimitsChange {
        rate: rate(given)?,
        max_in_flight: integer("maxInFlight")?,
        weight: integer("weight")?,
        max_waiting: integer("maxWaiting")?,
    })
}

/// Reads the two ways to name a rate: `tps`, and `rate` as a count and a window in milliseconds.
pub fn rate(given: &Given) -> Outcome<Option<Rate>> {
    let tps = given.field("tps").optional().map(|tps| tps.integer()).transpose()?;
    let pair = given.field("rate").optional().map(|rate| pair(&rate)).transpose()?;
    fairlane::given::rate(tps, pair).map_err(|error| raise(&error))
}

fn pair(rate: &Given) -> Outcome<(i64, Millis)> {
    match &rate.parts()?[..] {
        [count, window] => {
            let window = window.named("rate window").span_within(1..=MAX_WINDOW)?;
            Ok((count.integer()?, window))
        }
        parts => Err(raise(&Error::invalid(format!(
            "rate of {} parts is not accepted: accepted are a count and a window",
            parts.len()
        )))),
    }
}

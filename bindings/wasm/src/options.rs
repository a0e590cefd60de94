use fairlane::{Durability, QueueOptions};
use wasm_bindgen::JsValue;

use crate::errors::{Outcome, raise};
use crate::given::Given;
use crate::manual_clock::ManualClock;

/// Reads the options of a queue.
pub fn options(given: JsValue, clock: Option<ManualClock>) -> Outcome<QueueOptions> {
    let given = Given::new("options", given);
    let mut options = QueueOptions::default();
    if let Some(durability) = given.field("durability").optional() {
        let durability = durability.text()?.parse::<Durability>();
        options.durability = durability.map_err(|error| raise(&error))?;
    }
    if let Some(create) = given.field("create").optional() {
        options.create = create.truth()?;
    }
    if let Some(keep_leases) = given.field("keepLeases").optional() {
        options.keep_leases = keep_leases.truth()?;
    }
    if let Some(max_payload) = given.field("maxPayload").optional() {
        options.max_payload = max_payload.named("max_payload").count()?;
    }
    if let Some(max_failed) = given.field("maxFailed").optional() {
        options.max_failed = max_failed.named("max_failed").count()?;
    }
    if let Some(busy_timeout) = given.field("busyTimeout").optional() {
        options.busy_timeout = busy_timeout.named("busy_timeout").duration()?;
    }
    if let Some(clock) = clock {
        options.clock = clock.shared();
    }
    options.validate().map_err(|error| raise(&error))?;
    Ok(options)
}

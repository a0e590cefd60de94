//! fairlane for hosts that run WebAssembly.
//!
//! Nothing here waits or calls back: a verb becomes a [`verb::Verb`], which the JavaScript of the
//! package (`node/wasm`) carries to its end. So a host's promises, timers and clients stay in the
//! host's language, and a trap inside a call reaches its caller as an exception.

use wasm_bindgen::prelude::*;

mod backoff;
#[cfg(feature = "bench")]
mod bench;
mod errors;
#[cfg(all(feature = "sqlite", target_family = "wasm"))]
mod files;
mod given;
mod headers;
mod job;
mod job_info;
mod lane_info;
mod limits;
mod manual_clock;
mod new_job;
mod options;
mod packet;
mod queue;
mod repaired;
mod reply;
mod request;
mod row;
mod schedule_info;
mod stats;
mod verb;

/// Lists the constants: bulk and default priority, the highest priority, the default lane, lease and
/// tries, and the version.
#[wasm_bindgen]
pub fn constants() -> js_sys::Array {
    row::row([
        row::number(fairlane::BULK_PRIORITY),
        row::number(fairlane::DEFAULT_PRIORITY),
        row::number(fairlane::job::MAX_PRIORITY),
        fairlane::DEFAULT_LANE.into(),
        row::number(fairlane::DEFAULT_LEASE),
        row::number(fairlane::DEFAULT_MAX_TRIES),
        env!("CARGO_PKG_VERSION").into(),
    ])
}

/// Checks how long a pop is to wait.
#[wasm_bindgen]
pub fn wait(time: JsValue) -> errors::Outcome<JsValue> {
    given::Given::new("wait", time).span().map(row::number)
}

/// Checks how often a dethrottler is to sweep.
#[wasm_bindgen]
pub fn interval(time: JsValue) -> errors::Outcome<JsValue> {
    let interval = given::Given::new("interval", time).duration()?;
    let checked = fairlane::Dethrottler::check_interval(interval);
    checked.map_err(|error| errors::raise(&error))?;
    Ok(row::number(fairlane::clock::millis(interval)))
}

/// Panics, to show what becomes of it at the boundary.
#[wasm_bindgen]
pub fn panic(text: &str) {
    #[expect(clippy::panic, reason = "asked for")]
    {
        panic!("{text}");
    }
}

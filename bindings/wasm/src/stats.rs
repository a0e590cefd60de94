use fairlane::{Stats, Swept};
use wasm_bindgen::JsValue;

use crate::lane_info::counts;
use crate::limits::limits;
use crate::row::{number, row};

/// Gives a queue, looked at.
pub fn stats(stats: Stats) -> JsValue {
    let fields = row([
        counts(stats.counts),
        number(stats.dead),
        number(stats.quarantined),
        number(stats.lanes),
        stats.paused.into(),
        limits(stats.limits),
        number(stats.pushed),
        number(stats.completed),
        number(stats.retried),
        number(stats.died),
        number(stats.lapsed),
    ]);
    fields.into()
}

/// Gives what a sweep moved.
pub fn swept(swept: Swept) -> JsValue {
    row([swept.due, swept.lapsed, swept.woken].map(|count| number(count as i64))).into()
}

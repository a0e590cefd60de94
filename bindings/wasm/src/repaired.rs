use fairlane::store::Repaired;
use wasm_bindgen::JsValue;

use crate::row::{number, row};

/// Gives what a repair found.
pub fn repaired(repaired: Repaired) -> JsValue {
    let counts = [
        repaired.jobs,
        repaired.lanes,
        repaired.lost_jobs,
        repaired.placed_jobs,
        repaired.dropped_entries,
        repaired.mended_lanes,
        repaired.mended_sums,
    ];
    row(counts.map(|count| number(count as i64))).into()
}

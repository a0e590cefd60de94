use fairlane::{Counts, LaneInfo};
use wasm_bindgen::JsValue;

use crate::limits::limits;
use crate::row::{moment, number, row};

/// Gives a lane.
pub fn lane_info(lane: LaneInfo) -> JsValue {
    let fields = row([
        lane.name.into(),
        lane.state.name().into(),
        counts(lane.counts),
        limits(lane.limits),
        lane.paused.into(),
        moment(lane.wakes_at),
    ]);
    fields.into()
}

/// Gives how many jobs stand where.
pub fn counts(counts: Counts) -> JsValue {
    row([counts.ready, counts.delayed, counts.blocked, counts.in_flight].map(number)).into()
}

use fairlane::{ScheduleInfo, Timing};
use wasm_bindgen::JsValue;

use crate::row::{bytes, moment, number, row, text};

/// Gives a schedule.
pub fn schedule_info(info: ScheduleInfo) -> JsValue {
    let schedule = info.schedule;
    let every = match schedule.timing {
        Timing::Every(interval) => Some(interval),
        Timing::Cron { .. } => None,
    };
    let (cron, timezone) = schedule.timing.cron().unzip();
    let fields = row([
        schedule.name.as_str().into(),
        schedule.job.lane.into(),
        bytes(&schedule.job.payload),
        text(cron),
        moment(every),
        text(timezone),
        schedule.catch_up.name().into(),
        number(info.next_at),
        moment(info.last_at),
    ]);
    fields.into()
}

use fairlane::{ScheduleInfo, Timing};

use crate::packet::Packet;

/// Writes a schedule, looked at.
pub fn write(packet: &mut Packet, info: &ScheduleInfo) {
    let schedule = &info.schedule;
    let (cron, timezone) = schedule.timing.cron().unzip();
    let every = match schedule.timing {
        Timing::Every(interval) => Some(interval),
        Timing::Cron { .. } => None,
    };
    packet.text(&schedule.name);
    packet.text(&schedule.job.lane);
    packet.blob(&schedule.job.payload);
    packet.maybe_text(cron);
    packet.maybe_integer(every);
    packet.maybe_text(timezone);
    packet.text(schedule.catch_up.name());
    packet.integer(info.next_at);
    packet.maybe_integer(info.last_at);
}

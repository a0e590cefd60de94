use fairlane::LaneInfo;

use crate::noun::{counts, limits};
use crate::packet::Packet;

/// Writes a lane, looked at.
pub fn write(packet: &mut Packet, lane: &LaneInfo) {
    packet.text(&lane.name);
    packet.text(lane.state.name());
    counts::write(packet, &lane.counts);
    limits::write(packet, &lane.limits);
    packet.truth(lane.paused);
    packet.maybe_integer(lane.wakes_at);
}

use fairlane::Repaired;

use crate::packet::Packet;

/// Writes what a repair found.
pub fn write(packet: &mut Packet, repaired: &Repaired) {
    packet.number(repaired.jobs as f64);
    packet.number(repaired.lanes as f64);
    packet.number(repaired.lost_jobs as f64);
    packet.number(repaired.placed_jobs as f64);
    packet.number(repaired.dropped_entries as f64);
    packet.number(repaired.mended_lanes as f64);
    packet.number(repaired.mended_sums as f64);
}

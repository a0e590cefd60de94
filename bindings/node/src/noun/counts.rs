use fairlane::Counts;

use crate::packet::Packet;

/// Writes how many jobs stand where.
pub fn write(packet: &mut Packet, counts: &Counts) {
    packet.integer(counts.ready);
    packet.integer(counts.delayed);
    packet.integer(counts.blocked);
    packet.integer(counts.in_flight);
}

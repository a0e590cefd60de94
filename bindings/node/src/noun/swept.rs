use fairlane::Swept;

use crate::packet::Packet;

/// Writes what a sweep moved.
pub fn write(packet: &mut Packet, swept: &Swept) {
    packet.number(swept.due as f64);
    packet.number(swept.lapsed as f64);
    packet.number(swept.woken as f64);
}

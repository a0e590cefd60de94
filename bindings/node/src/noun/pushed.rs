use fairlane::Pushed;

use crate::packet::Packet;

/// Writes what a push did.
pub fn write(packet: &mut Packet, pushed: &Pushed) {
    packet.number(pushed.id.0 as f64);
    packet.truth(pushed.is_new);
}

use fairlane::Pushed;

use crate::packet::Packet;

/// Writes what a push did.
pub fn write(packet: &mut Packet, pushed: &Pushed) {
    packet.row([pushed.id.0 as f64, f64::from(u8::from(pushed.is_new))]);
}

use fairlane::Stats;

use crate::noun::{counts, limits};
use crate::packet::Packet;

/// Writes a queue, looked at.
pub fn write(packet: &mut Packet, stats: &Stats) {
    counts::write(packet, &stats.counts);
    packet.integer(stats.dead);
    packet.integer(stats.quarantined);
    packet.integer(stats.lanes);
    packet.truth(stats.paused);
    limits::write(packet, &stats.limits);
    packet.integer(stats.pushed);
    packet.integer(stats.completed);
    packet.integer(stats.retried);
    packet.integer(stats.died);
    packet.integer(stats.lapsed);
}

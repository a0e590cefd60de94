use fairlane::{Limits, LimitsChange, Rate, Result};

use crate::packet::{Packet, Reader};
use crate::time;

/// Writes the limits in force.
pub fn write(packet: &mut Packet, limits: &Limits) {
    packet.integer(limits.rate.count);
    packet.integer(limits.rate.window);
    packet.integer(limits.max_in_flight);
    packet.integer(limits.weight);
    packet.integer(limits.max_waiting);
}

/// Reads a change of limits.
pub fn read_change(arguments: &mut Reader<'_>) -> Result<LimitsChange> {
    Ok(LimitsChange {
        rate: read_rate(arguments)?,
        max_in_flight: arguments.maybe_integer()?,
        weight: arguments.maybe_integer()?,
        max_waiting: arguments.maybe_integer()?,
    })
}

/// Reads a rate that may not be given.
pub fn read_rate(arguments: &mut Reader<'_>) -> Result<Option<Rate>> {
    let (count, window) = (arguments.maybe_integer()?, arguments.maybe_number()?);
    let rate = |(count, window)| Rate { count, window: time::whole(window) };
    Ok(count.zip(window).map(rate))
}

use fairlane::{Headers, Result};

use crate::packet::{Packet, Reader};

/// Writes headers; most jobs have none.
pub fn write(packet: &mut Packet, headers: &Headers) {
    packet.number(headers.len() as f64);
    for (name, value) in headers {
        packet.text(name);
        packet.text(value);
    }
}

/// Reads headers.
pub fn read(arguments: &mut Reader<'_>) -> Result<Headers> {
    let pair = |arguments: &mut Reader<'_>| {
        Ok((arguments.text()?.to_owned(), arguments.text()?.to_owned()))
    };
    Ok(arguments.many(pair)?.into_iter().collect())
}

//! The hash slot of a name, as Redis Cluster computes it.

/// How many slots there are.
pub(crate) const SLOTS: usize = 16_384;

/// Gives the slot of a name: CRC-16 (XMODEM) of the part between the first `{` and the next `}`, if
/// that part is not empty, else of the whole name. `CLUSTER KEYSLOT` of any server tells the same.
pub(crate) fn slot(name: &[u8]) -> usize {
    usize::from(crc16(tagged_part(name))) % SLOTS
}

fn tagged_part(name: &[u8]) -> &[u8] {
    let position = |byte, from: usize| {
        name.iter().skip(from).position(|each| *each == byte).map(|place| from + place)
    };
    let inside = position(b'{', 0).and_then(|open| Some(open + 1..position(b'}', open + 1)?));
    inside.and_then(|range| name.get(range)).filter(|part| !part.is_empty()).unwrap_or(name)
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        // The eight steps by the polynomial 0x1021 at once.
        let high = (crc >> 8) ^ u16::from(*byte);
        let mixed = high ^ (high >> 4);
        (crc << 8) ^ (mixed << 12) ^ (mixed << 5) ^ mixed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_that_a_server_names() {
        for (name, expected) in [
            ("", 0),
            ("123456789", 0x31c3),
            ("foo", 12_182),
            ("{foo}bar", 12_182),
            ("a{foo}{bar}", 12_182),
            ("{}foo", 9_500),
            ("{foo", 13_308),
        ] {
            assert_eq!(slot(name.as_bytes()), expected, "{name}");
        }
    }
}

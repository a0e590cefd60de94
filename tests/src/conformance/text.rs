//! Bytes in a line of text.

/// Decodes `%XX`.
pub fn decode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first == b'%' {
            let (digits, tail) = rest.split_at(2);
            let digits = std::str::from_utf8(digits).expect("two digits");
            bytes.push(u8::from_str_radix(digits, 16).expect("two hexadecimal digits"));
            rest = tail;
        } else {
            bytes.push(first);
        }
    }
    bytes
}

/// Shows bytes as a value.
pub fn value(bytes: impl AsRef<[u8]>) -> String {
    encode(bytes.as_ref(), |byte| byte.is_ascii_graphic() && !b"%,$".contains(&byte))
}

/// Shows the sentence of an error, of which the names of tokens may be a part.
pub fn sentence(text: &str) -> String {
    encode(text.as_bytes(), |byte| (byte.is_ascii_graphic() || byte == b' ') && byte != b'%')
}

fn encode(bytes: &[u8], stands_for_itself: impl Fn(u8) -> bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if stands_for_itself(byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

//! What is sent of the parts of scripts: all but the comments and the indentation, which are for
//! people, and would be a third of what a WebAssembly module has to be downloaded with.
//!
//! Done by the compiler. No line of a string begins with two dashes, and none is indented.

/// Gives the length of what is sent of a part.
pub(super) const fn length(part: &str) -> usize {
    let (mut rest, mut length) = (part.as_bytes(), 0);
    while !rest.is_empty() {
        let (sent, after) = first_line(rest);
        length += sent.len();
        rest = after;
    }
    length
}

/// Gives what is sent of a part; `N` is its length.
pub(super) const fn sent<const N: usize>(part: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let (mut rest, mut free) = (part.as_bytes(), bytes.as_mut_slice());
    while !rest.is_empty() {
        let (sent, after) = first_line(rest);
        let (place, next) = free.split_at_mut(sent.len());
        place.copy_from_slice(sent);
        (rest, free) = (after, next);
    }
    bytes
}

/// Gives what is sent of a part as text: whole lines of text and tails of them are text.
pub(super) const fn text(sent: &[u8]) -> &str {
    match str::from_utf8(sent) {
        Ok(text) => text,
        #[expect(clippy::panic, reason = "the compiler meets it")]
        Err(_) => panic!("a part of a script is not UTF-8"),
    }
}

/// Gives what is sent of the first line, and all other lines.
const fn first_line(text: &[u8]) -> (&[u8], &[u8]) {
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte == b'\n' {
            break;
        }
    }
    let (line, _) = text.split_at(text.len() - rest.len());
    match line.trim_ascii_start() {
        [b'-', b'-', ..] => (&[], rest),
        line => (line, rest),
    }
}

/// Tells whether two names are the same.
pub(super) const fn is_same(one: &[u8], other: &[u8]) -> bool {
    match (one, other) {
        ([], []) => true,
        ([first, one @ ..], [second, other @ ..]) if *first == *second => is_same(one, other),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_are_left_out() {
        const PART: &str =
            "-- Adds.\nlocal function add(n)\n  -- One.\n\n  return n - -1 -- 1\nend";
        const SENT: [u8; length(PART)] = sent(PART);
        assert_eq!(str::from_utf8(&SENT), Ok("local function add(n)\nreturn n - -1 -- 1\nend"));
    }
}

//! The end of a long text.

use std::collections::VecDeque;

/// How much is kept: with what is put in front, and if each byte became a replacement character, it
/// still fits into what is kept with a job.
const KEPT: usize = 1_300;

/// The last bytes of what was pushed.
#[derive(Debug, Default)]
pub(super) struct Tail {
    bytes: VecDeque<u8>,
}

impl Tail {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend(&bytes[bytes.len().saturating_sub(KEPT)..]);
        self.bytes.drain(..self.bytes.len().saturating_sub(KEPT));
    }

    /// Gives them as text, without white space around.
    pub(super) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes.make_contiguous()).trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept() {
        let mut tail = Tail::default();
        tail.push(b"beginning\n");
        for _ in 0..3 {
            tail.push(&[b'x'; KEPT - 10]);
        }
        tail.push(b"\nthe end\n");
        assert!(tail.text().ends_with("x\nthe end"));
        assert!(!tail.text().contains("beginning"));
        tail.push(&[b'y'; 2 * KEPT]);
        assert_eq!(tail.text(), "y".repeat(KEPT));
    }
}

//! Reads the little-endian fields of rows, as the scripts write them.

use crate::clock::Millis;

/// What is left to read; every method gives `None` where it ends too early.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(super) fn short(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    /// Reads a length of four bytes.
    pub(super) fn length(&mut self) -> Option<usize> {
        self.take().map(u32::from_le_bytes).and_then(|length| usize::try_from(length).ok())
    }

    /// Reads a number of the script language, which has no others.
    pub(super) fn number(&mut self) -> Option<f64> {
        self.take().map(f64::from_le_bytes)
    }

    /// Reads a moment of six bytes.
    pub(super) fn moment(&mut self) -> Option<Millis> {
        let [a, b, c, d, e, f] = self.take()?;
        Some(Millis::from_le_bytes([a, b, c, d, e, f, 0, 0]))
    }

    /// Reads a text with its length before it.
    pub(super) fn text(&mut self) -> Option<String> {
        let length = usize::from(self.short()?);
        Some(String::from_utf8_lossy(self.bytes(length)?).into_owned())
    }
}

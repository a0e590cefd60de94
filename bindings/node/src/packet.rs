//! Packets: how calls and results cross the border.
//!
//! A packet is a row of numbers and a row of bytes, each read from its start. A text or payload is
//! its length among the numbers and its content among the bytes. What is not given is the number NaN.
//! Numbers of JavaScript hold whole ones up to 2^53, which is more than any id or time has.

use fairlane::{Error, Result};

use crate::refuse;

/// A packet that is being written, or waits to be read.
#[derive(Debug, Default)]
pub struct Packet {
    pub numbers: Vec<f64>,
    pub bytes: Vec<u8>,
}

impl Packet {
    /// Reads it from its start.
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(&self.numbers, &self.bytes)
    }

    /// Forgets all, and gives back what a large content took.
    pub fn reset(&mut self) {
        const KEPT: usize = 1 << 16;
        self.numbers.clear();
        self.numbers.shrink_to(KEPT);
        self.bytes.clear();
        self.bytes.shrink_to(KEPT * size_of::<f64>());
    }

    /// Begins a part, which tells its own size; gives the mark for its end.
    pub fn open(&mut self) -> Mark {
        self.numbers.extend([0.0; 2]);
        Mark { numbers: self.numbers.len(), bytes: self.bytes.len() }
    }

    /// Ends a part.
    pub fn close(&mut self, mark: Mark) {
        let sizes = [self.numbers.len() - mark.numbers, self.bytes.len() - mark.bytes];
        if let Some((head, _)) = self.numbers.split_at_mut_checked(mark.numbers) {
            let places = head.iter_mut().rev().take(2).rev();
            places.zip(sizes).for_each(|(place, size)| *place = size as f64);
        }
    }

    /// Writes what another packet holds.
    pub fn append(&mut self, other: &Packet) {
        self.numbers.extend_from_slice(&other.numbers);
        self.bytes.extend_from_slice(&other.bytes);
    }

    /// Writes some numbers at once: of what comes by the hundred, one by one takes markedly longer.
    pub fn row<const COUNT: usize>(&mut self, numbers: [f64; COUNT]) {
        self.numbers.extend_from_slice(&numbers);
    }

    /// Writes a number.
    pub fn number(&mut self, number: f64) {
        self.numbers.push(number);
    }

    /// Writes a whole number: a count, a time.
    pub fn integer(&mut self, number: i64) {
        self.numbers.push(number as f64);
    }

    /// Writes a time that may not be.
    pub fn maybe_integer(&mut self, number: Option<i64>) {
        self.numbers.push(number.map_or(f64::NAN, |number| number as f64));
    }

    /// Writes a truth value.
    pub fn truth(&mut self, truth: bool) {
        self.numbers.push(f64::from(u8::from(truth)));
    }

    /// Writes bytes.
    pub fn blob(&mut self, bytes: &[u8]) {
        self.numbers.push(bytes.len() as f64);
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes bytes that may not be.
    pub fn maybe_blob(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.blob(bytes),
            None => self.numbers.push(f64::NAN),
        }
    }

    /// Writes a text.
    pub fn text(&mut self, text: &str) {
        self.blob(text.as_bytes());
    }

    /// Writes a text that may not be.
    pub fn maybe_text(&mut self, text: Option<&str>) {
        self.maybe_blob(text.map(str::as_bytes));
    }
}

/// Where the content of a part begins.
pub struct Mark {
    numbers: usize,
    bytes: usize,
}

/// Reads a packet.
#[derive(Clone)]
pub struct Reader<'a> {
    numbers: &'a [f64],
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(numbers: &'a [f64], bytes: &'a [u8]) -> Self {
        Self { numbers, bytes }
    }

    /// Copies what is left.
    pub fn to_packet(&self) -> Packet {
        Packet { numbers: self.numbers.to_vec(), bytes: self.bytes.to_vec() }
    }

    /// Tells how many bytes are left.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Tells whether all has been read.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Cuts off the next part, which begins with how many numbers and bytes it has.
    pub fn part(&mut self) -> Result<Reader<'a>> {
        let (numbers, bytes) = (self.length()?, self.length()?);
        let (numbers, rest) = self.numbers.split_at_checked(numbers).ok_or_else(refuse::packet)?;
        self.numbers = rest;
        Ok(Reader { numbers, bytes: self.cut(bytes)? })
    }

    /// Reads a number.
    pub fn number(&mut self) -> Result<f64> {
        let (number, rest) = self.numbers.split_first().ok_or_else(refuse::packet)?;
        self.numbers = rest;
        Ok(*number)
    }

    /// Reads a number that may not be given.
    pub fn maybe_number(&mut self) -> Result<Option<f64>> {
        self.number().map(|number| Some(number).filter(|number| !number.is_nan()))
    }

    /// Reads a whole number.
    pub fn integer(&mut self) -> Result<i64> {
        self.number().map(|number| number as i64)
    }

    /// Reads a whole number that may not be given.
    pub fn maybe_integer(&mut self) -> Result<Option<i64>> {
        Ok(self.maybe_number()?.map(|number| number as i64))
    }

    /// Reads a truth value.
    pub fn truth(&mut self) -> Result<bool> {
        self.number().map(|number| number != 0.0)
    }

    /// Reads how many follow.
    pub fn length(&mut self) -> Result<usize> {
        self.number().map(|number| number as usize)
    }

    /// Reads bytes.
    pub fn blob(&mut self) -> Result<&'a [u8]> {
        let length = self.length()?;
        self.cut(length)
    }

    /// Reads bytes that may not be given.
    pub fn maybe_blob(&mut self) -> Result<Option<&'a [u8]>> {
        let Some(length) = self.maybe_number()? else { return Ok(None) };
        self.cut(length as usize).map(Some)
    }

    /// Reads a text.
    pub fn text(&mut self) -> Result<&'a str> {
        text(self.blob()?)
    }

    /// Reads a text that may not be given.
    pub fn maybe_text(&mut self) -> Result<Option<&'a str>> {
        self.maybe_blob()?.map(text).transpose()
    }

    /// Reads many of one kind, whose number comes first.
    pub fn many<T>(&mut self, mut read: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let length = self.length()?;
        // Each takes a number at least: no more are there, whatever the packet says.
        let mut values = Vec::with_capacity(length.min(self.numbers.len()));
        for _ in 0..length {
            values.push(read(self)?);
        }
        Ok(values)
    }

    fn cut(&mut self, length: usize) -> Result<&'a [u8]> {
        let (bytes, rest) = self.bytes.split_at_checked(length).ok_or_else(refuse::packet)?;
        self.bytes = rest;
        Ok(bytes)
    }
}

fn text(bytes: &[u8]) -> Result<&str> {
    // JavaScript has refused texts with half a character.
    std::str::from_utf8(bytes).map_err(|error: std::str::Utf8Error| -> Error {
        Error::invalid(format!("text is not UTF-8: {error}"))
    })
}

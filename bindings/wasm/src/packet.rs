//! Packets: what crosses the border in one piece, however much it is. A call across it costs as much as
//! a good part of what the core does for a job.
//!
//! A packet is numbers, in a fixed order, and the bytes of its payloads and texts one after the
//! other. What is rare goes beside it, as values; in its place stands a number that is none.

use js_sys::{Float64Array, Uint8Array};
use wasm_bindgen::JsValue;

use crate::row::row;

/// A packet on its way out.
pub struct Packet {
    numbers: Vec<f64>,
    bytes: Vec<u8>,
}

impl Packet {
    /// Begins one, with room for so much.
    pub fn with_room(numbers: usize, bytes: usize) -> Self {
        Self { numbers: Vec::with_capacity(numbers), bytes: Vec::with_capacity(bytes) }
    }

    /// Writes a whole number. None that leaves comes near 2^53.
    pub fn number(&mut self, number: i64) {
        self.numbers.push(number as f64);
    }

    /// Writes a whole number, or that there is none.
    pub fn maybe(&mut self, number: Option<i64>) {
        self.numbers.push(number.map_or(f64::NAN, |number| number as f64));
    }

    /// Writes bytes.
    pub fn blob(&mut self, bytes: &[u8]) {
        self.numbers.push(bytes.len() as f64);
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes a text, or that there is none.
    pub fn maybe_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.blob(text.as_bytes()),
            None => self.maybe(None),
        }
    }

    /// Gives the packet.
    pub fn leave(self) -> JsValue {
        let numbers = Float64Array::from(&self.numbers[..]);
        row([numbers.into(), Uint8Array::from(&self.bytes[..]).into()]).into()
    }
}

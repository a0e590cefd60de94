//! Rows: what leaves for JavaScript in one call, field by field in a fixed order.

use fairlane::clock::Millis;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;

/// Makes a row.
pub fn row<const N: usize>(fields: [JsValue; N]) -> Array {
    fields.into_iter().collect()
}

/// Gives a whole number. None that leaves comes near 2^53.
pub fn number(number: i64) -> JsValue {
    (number as f64).into()
}

/// Gives a moment, or null.
pub fn moment(moment: Option<Millis>) -> JsValue {
    moment.map_or(JsValue::NULL, number)
}

/// Gives a text, or null.
pub fn text(text: Option<impl ToString>) -> JsValue {
    text.map_or(JsValue::NULL, |text| text.to_string().into())
}

/// Gives bytes.
pub fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

//! Replies on their way in.

use fairlane::store::redis::protocol::Reply;
use fairlane::{Error, ErrorCode, Result};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

/// Reads a reply as the clients of the host give it.
pub fn reply(value: &JsValue) -> Result<Reply> {
    if value.is_null() || value.is_undefined() {
        return Ok(Reply::Nil);
    }
    if let Some(bytes) = value.dyn_ref::<Uint8Array>() {
        return Ok(Reply::Bytes(bytes.to_vec()));
    }
    if let Some(number) = value.as_f64().or_else(|| value.as_bool().map(f64::from)) {
        return Ok(Reply::Int(number as i64));
    }
    if let Some(number) = value.clone().dyn_into::<js_sys::BigInt>().ok().map(i64::try_from) {
        return number.map(Reply::Int).map_err(|_| unreadable(value));
    }
    if let Some(text) = value.as_string() {
        return Ok(Reply::Bytes(text.into_bytes()));
    }
    match value.dyn_ref::<Array>() {
        Some(parts) => {
            parts.iter().map(|part| reply(&part)).collect::<Result<_>>().map(Reply::List)
        }
        None => Err(unreadable(value)),
    }
}

fn unreadable(value: &JsValue) -> Error {
    let kind = value.js_typeof().as_string().unwrap_or_default();
    let message = format!(
        "redis client answered with a value of type {kind}: accepted are null, numbers, strings, \
         Uint8Array and arrays of these"
    );
    Error::new(ErrorCode::Internal, message)
}

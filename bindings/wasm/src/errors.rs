//! Errors on their way out: the package gives them their classes.

use fairlane::{Error, ErrorCode};
use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

use crate::row::row;

/// What a call gives, or what it throws.
pub type Outcome<T> = Result<T, JsValue>;

/// Gives the number and the sentence of an error.
pub fn raise(error: &Error) -> JsValue {
    row([error.code().number().into(), error.message().into()]).into()
}

/// Refuses a value of a wrong type.
pub fn wrong_type(what: &str, value: &JsValue, accepted: &str) -> JsValue {
    let shown = match (value.as_f64(), value.dyn_ref::<Object>()) {
        (Some(number), _) => number.to_string(),
        (_, Some(object)) => object.constructor().name().into(),
        _ if value.is_null() => "null".to_owned(),
        _ => value.js_typeof().as_string().unwrap_or_default(),
    };
    raise(&Error::invalid(format!("{what} {shown} is not accepted: accepted is {accepted}")))
}

/// Lists every error code: name, number, and whether it is retryable.
#[wasm_bindgen(js_name = errorCodes)]
pub fn error_codes() -> Array {
    let code =
        |code: ErrorCode| row([code.name().into(), code.number().into(), code.retryable().into()]);
    ErrorCode::ALL.into_iter().map(code).collect()
}

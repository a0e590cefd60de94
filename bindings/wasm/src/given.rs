//! Values that come in.

use std::ops::RangeInclusive;
use std::time::Duration;

use fairlane::clock::{self, Millis};
use fairlane::{Error, JobId, Token, convert};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::errors::{Outcome, raise, wrong_type};

/// A named value that came in; `undefined` and `null` count as not given.
pub struct Given {
    what: &'static str,
    value: JsValue,
}

impl Given {
    /// Names a value.
    pub fn new(what: &'static str, value: JsValue) -> Self {
        Self { what, value }
    }

    /// Gives the value if it was given.
    pub fn optional(self) -> Option<Self> {
        let is_given = !self.value.is_undefined() && !self.value.is_null();
        is_given.then_some(self)
    }

    /// Names it as the core does.
    pub fn named(&self, what: &'static str) -> Self {
        Self::new(what, self.value.clone())
    }

    /// Reads a truth value.
    pub fn truth(&self) -> Outcome<bool> {
        self.value.as_bool().ok_or_else(|| self.wrong_type("true or false"))
    }

    /// Reads a text.
    pub fn text(&self) -> Outcome<String> {
        let text = self.value.as_string().ok_or_else(|| self.wrong_type("a string"))?;
        let is_whole = self.value.dyn_ref::<js_sys::JsString>().is_none_or(is_well_formed);
        if is_whole {
            return Ok(text);
        }
        Err(raise(&Error::invalid(format!(
            "text {text:?} holds half a character: accepted is text that UTF-8 can encode"
        ))))
    }

    /// Reads bytes.
    pub fn bytes(&self) -> Outcome<Vec<u8>> {
        let bytes = self.value.dyn_ref::<Uint8Array>();
        bytes.map(Uint8Array::to_vec).ok_or_else(|| self.wrong_type("a Uint8Array"))
    }

    /// Reads bytes, if they were given.
    pub fn maybe_bytes(self) -> Outcome<Option<Vec<u8>>> {
        self.optional().map(|it| it.bytes()).transpose()
    }

    /// Reads a number.
    pub fn number(&self) -> Outcome<f64> {
        self.value.as_f64().ok_or_else(|| self.wrong_type("a number"))
    }

    /// Reads a whole number.
    pub fn integer(&self) -> Outcome<i64> {
        const MOST: f64 = js_sys::Number::MAX_SAFE_INTEGER;
        let number = self.number()?;
        if number.fract() == 0.0 && (-MOST..=MOST).contains(&number) {
            return Ok(number as i64);
        }
        Err(raise(&Error::invalid(format!(
            "{} {number} is out of range: accepted are whole numbers up to 2^53 - 1",
            self.what
        ))))
    }

    /// Reads a number of things, of whatever unsigned type fairlane counts them in.
    pub fn count<T: TryFrom<i64>>(&self) -> Outcome<T> {
        let number = self.integer()?;
        T::try_from(number).map_err(|_| {
            let message =
                format!("{} {number} is out of range: accepted are 0 and above", self.what);
            raise(&Error::invalid(message))
        })
    }

    /// Reads a length of time in milliseconds.
    pub fn span(&self) -> Outcome<Millis> {
        convert::span(self.what, self.number()? / 1e3).map_err(|error| raise(&error))
    }

    /// Reads a length of time in milliseconds that must lie within a range of its own.
    pub fn span_within(&self, accepted: RangeInclusive<Millis>) -> Outcome<Millis> {
        let span = convert::span_within(self.what, self.number()? / 1e3, accepted);
        span.map_err(|error| raise(&error))
    }

    /// Reads a length of time in milliseconds.
    pub fn duration(&self) -> Outcome<Duration> {
        self.span().map(clock::duration)
    }

    /// Reads a moment: milliseconds since the Unix epoch, or a `Date`.
    pub fn moment(&self) -> Outcome<Millis> {
        let millis = match self.value.dyn_ref::<js_sys::Date>() {
            Some(date) => date.get_time(),
            None => self
                .value
                .as_f64()
                .ok_or_else(|| self.wrong_type("a Date or milliseconds since 1970"))?,
        };
        convert::moment(self.what, millis / 1e3).map_err(|error| raise(&error))
    }

    /// Reads the id of a job.
    pub fn job_id(&self) -> Outcome<JobId> {
        self.text()?.parse().map_err(|error| raise(&error))
    }

    /// Reads a delivery: a token, or the job that pop gave.
    pub fn token(&self) -> Outcome<Token> {
        let token = match self.value.is_object() {
            true => self.field("token"),
            false => Self::new(self.what, self.value.clone()),
        };
        let text = token.value.as_string();
        let text = text.ok_or_else(|| self.wrong_type("a Job or its token"))?;
        text.parse().map_err(|error| raise(&error))
    }

    /// Reads the parts of an array.
    pub fn parts(&self) -> Outcome<Vec<Given>> {
        let Some(parts) = self.value.dyn_ref::<Array>() else {
            return Err(self.wrong_type("an array"));
        };
        Ok(parts.iter().map(|part| Self::new(self.what, part)).collect())
    }

    /// Gives a field of an object; one that is not there is not given.
    pub fn field(&self, name: &'static str) -> Given {
        let value = Reflect::get(&self.value, &name.into()).unwrap_or(JsValue::UNDEFINED);
        Self::new(name, value)
    }

    /// Gives the properties of an object: pairs of name and value.
    pub fn properties(&self) -> Array {
        self.value.dyn_ref().map(Object::entries).unwrap_or_default()
    }

    fn wrong_type(&self, accepted: &str) -> JsValue {
        wrong_type(self.what, &self.value, accepted)
    }
}

/// Tells whether every half of a surrogate pair has the other half beside it.
fn is_well_formed(text: &js_sys::JsString) -> bool {
    char::decode_utf16(text.iter()).all(|unit| unit.is_ok())
}

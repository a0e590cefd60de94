//! What JavaScript and its tests ask about the addon itself.

use fairlane::{Error, ErrorCode};
use napi_derive::napi;

use crate::door;
use crate::verb::Verb;

/// An error code.
#[napi(object, object_from_js = false)]
pub struct Code {
    pub name: &'static str,
    pub number: i32,
    pub retryable: bool,
}

/// Lists every error code.
#[napi]
pub fn error_codes() -> Vec<Code> {
    let code = |code: ErrorCode| Code {
        name: code.name(),
        number: code.number(),
        retryable: code.retryable(),
    };
    ErrorCode::ALL.into_iter().map(code).collect()
}

/// Lists the verbs in the order of their numbers.
#[napi]
pub fn verbs() -> Vec<&'static str> {
    Verb::NAMES.to_vec()
}

/// Tells the constants and defaults that are the core's.
#[napi(object, object_from_js = false)]
pub struct Constants {
    pub bulk_priority: i64,
    pub default_lane: &'static str,
    pub default_lease: i64,
    pub default_max_tries: i64,
    pub default_priority: i64,
    pub default_result_ttl: i64,
    pub max_priority: i64,
    pub version: &'static str,
}

/// Gives the constants.
#[napi]
pub fn constants() -> Constants {
    Constants {
        bulk_priority: fairlane::BULK_PRIORITY,
        default_lane: fairlane::DEFAULT_LANE,
        default_lease: fairlane::DEFAULT_LEASE,
        default_max_tries: fairlane::DEFAULT_MAX_TRIES,
        default_priority: fairlane::DEFAULT_PRIORITY,
        default_result_ttl: fairlane::DEFAULT_RESULT_TTL,
        max_priority: fairlane::job::MAX_PRIORITY,
        version: env!("CARGO_PKG_VERSION"),
    }
}

/// Panics behind the door, to show that no panic crosses it.
#[napi]
pub fn panic(text: String) -> napi::Result<(), &'static str> {
    door::entered(|| -> Result<(), Error> { panic!("{text}") })
}

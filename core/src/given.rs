//! Settings as hosts give them, where there are two ways to say one thing.
//!
//! Every host reads them here, so that what does not go together is refused everywhere in the same
//! words.

use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::job::{Due, Key, validate_span};
use crate::job_result::JobResult;
use crate::limits::Rate;
use crate::token::Token;

/// Reads the two ways to name a rate: starts a second, or a count and a window.
///
/// # Errors
/// `InvalidArgument` if both are given.
pub fn rate(tps: Option<i64>, rate: Option<(i64, Millis)>) -> Result<Option<Rate>> {
    match (tps, rate) {
        (None, None) => Ok(None),
        (Some(count), None) => Ok(Some(Rate::per_second(count))),
        (None, Some((count, window))) => Ok(Some(Rate { count, window })),
        (Some(_), Some(_)) => Err(both("tps", "rate")),
    }
}

/// Reads the two ways to hold a job back: for a time, or until a moment.
///
/// # Errors
/// `InvalidArgument` if both are given.
pub fn due(delay: Option<Millis>, at: Option<Millis>) -> Result<Due> {
    match (delay, at) {
        (None, None) => Ok(Due::Now),
        (Some(delay), None) => Ok(Due::In(delay)),
        (None, Some(at)) => Ok(Due::At(at)),
        (Some(_), Some(_)) => Err(both("delay", "at")),
    }
}

/// Reads a key and its time to live.
///
/// # Errors
/// `InvalidArgument` if there is a time to live of a key that is not named.
pub fn key(name: Option<String>, ttl: Millis) -> Result<Option<Key>> {
    match name {
        Some(name) => Ok(Some(Key { name, ttl })),
        None if ttl == 0 => Ok(None),
        None => Err(Error::invalid(format!(
            "key_ttl {ttl} ms is given without a key: name the key too"
        ))),
    }
}

/// Joins deliveries with the results that they leave, both given in the same order, and for how long
/// each is kept.
///
/// # Errors
/// `InvalidArgument` if there are not as many of one as of the other, or the time is out of range.
pub fn completions(
    tokens: Vec<Token>,
    results: Vec<Option<Vec<u8>>>,
    ttl: Millis,
) -> Result<Vec<(Token, Option<JobResult>)>> {
    if tokens.len() != results.len() {
        return Err(Error::invalid(format!(
            "{} results are given for {} tokens: accepted is one for each, which may be none",
            results.len(),
            tokens.len()
        )));
    }
    validate_span("result_ttl", ttl)?;
    let results = results.into_iter().map(|value| value.map(|value| JobResult { value, ttl }));
    Ok(tokens.into_iter().zip(results).collect())
}

/// Makes the error of two arguments of which one is accepted.
pub fn both(one: &str, other: &str) -> Error {
    Error::invalid(format!("{one} and {other} are both given: accepted is one of them"))
}

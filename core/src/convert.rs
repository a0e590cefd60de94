//! Times and numbers as hosts give them: seconds with a fraction, signed milliseconds, signed counts.
//!
//! Every host converts here, so that what is out of range is refused everywhere in the same words.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::clock::{Millis, duration};
use crate::error::{Error, Result};
use crate::job::{MAX_DELAY, MAX_MOMENT, validate_moment};

/// Converts a length of time: read to the microsecond, rounded up to the millisecond, so that a
/// wait is never cut short.
///
/// ```
/// use fairlane::convert::span;
/// assert_eq!(span("delay", 0.25)?, 250);
/// assert_eq!(
///     span("delay", -1.0).unwrap_err().message(),
///     "delay -1000 ms is out of range: accepted are 0 ms to 315360000000 ms",
/// );
/// # Ok::<(), fairlane::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` names `what` if the time is not a number, negative or over 10 years.
pub fn span(what: &str, seconds: f64) -> Result<Millis> {
    span_within(what, seconds, 0..=MAX_DELAY)
}

/// Converts a length of time that must lie within a range of its own.
///
/// # Errors
/// `InvalidArgument` names `what` if the time is not a number or out of range.
pub fn span_within(what: &str, seconds: f64, accepted: RangeInclusive<Millis>) -> Result<Millis> {
    convert(seconds, &accepted).ok_or_else(|| span_error(what, Asked(seconds), &accepted))
}

/// Converts a length of time that is given in milliseconds, and may be negative by mistake.
///
/// # Errors
/// `InvalidArgument` names `what` if the time is negative or over 10 years.
pub fn span_of_millis(what: &str, millis: Millis) -> Result<Duration> {
    span_of_millis_within(what, millis, 0..=MAX_DELAY).map(duration)
}

/// Checks a length of time in milliseconds that must lie within a range of its own.
///
/// # Errors
/// `InvalidArgument` names `what` if the time is out of range.
pub fn span_of_millis_within(
    what: &str,
    millis: Millis,
    accepted: RangeInclusive<Millis>,
) -> Result<Millis> {
    if accepted.contains(&millis) { Ok(millis) } else { Err(span_error(what, millis, &accepted)) }
}

/// Converts a moment, in seconds since the Unix epoch.
///
/// # Errors
/// `InvalidArgument` if it is not a number, before 1970 or after 9999.
pub fn moment(what: &str, seconds: f64) -> Result<Millis> {
    convert(seconds, &(0..=MAX_MOMENT)).ok_or_else(|| moment_error(what, Asked(seconds)))
}

/// Checks a moment that is given in milliseconds since the Unix epoch.
///
/// # Errors
/// `InvalidArgument` if it is before 1970 or after 9999.
pub fn moment_of_millis(what: &str, millis: Millis) -> Result<Millis> {
    validate_moment(what, millis).map(|()| millis)
}

/// Converts a number of things to whatever unsigned type they are counted in.
///
/// # Errors
/// `InvalidArgument` names `what` if the number is negative, or too high for the type.
pub fn count<T: TryFrom<i64>>(what: &str, number: i64) -> Result<T> {
    T::try_from(number).map_err(|_| {
        Error::invalid(format!("{what} {number} is out of range: accepted are 0 and above"))
    })
}

/// Makes the error of a length of time that is out of range.
pub(crate) fn span_error(
    what: &str,
    value: impl fmt::Display,
    accepted: &RangeInclusive<Millis>,
) -> Error {
    Error::invalid(format!(
        "{what} {value} ms is out of range: accepted are {} ms to {} ms",
        accepted.start(),
        accepted.end()
    ))
}

/// Makes the error of a moment that is out of range.
pub(crate) fn moment_error(what: &str, value: impl fmt::Display) -> Error {
    Error::invalid(format!(
        "{what} {value} ms is out of range: accepted are 0 to {MAX_MOMENT} ms since 1970"
    ))
}

fn convert(seconds: f64, accepted: &RangeInclusive<Millis>) -> Option<Millis> {
    // Through microseconds: 2.003 s in binary is a hair above and must not become 2004 ms.
    let millis = ((seconds * 1e6).round() / 1e3).ceil();
    // No bound of a range reaches 2^53, so the comparison is exact; NaN is in no range.
    let fits = (*accepted.start() as f64..=*accepted.end() as f64).contains(&millis);
    fits.then_some(millis as Millis)
}

/// Shows refused seconds as milliseconds: whole where that is exact.
struct Asked(f64);

impl fmt::Display for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0 * 1e3;
        if millis.abs() < 1e15 { millis.fmt(out) } else { write!(out, "{millis:?}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up_to_the_millisecond_but_not_by_binary_dust() {
        for (seconds, millis) in [
            (0.0, 0),
            (-0.0, 0),
            (0.0001, 1),
            (2.003, 2_003),
            (0.07, 70),
            (1e-9, 0),
            (60.0, 60_000),
        ] {
            assert_eq!(span("delay", seconds).unwrap(), millis, "{seconds}");
        }
    }

    #[test]
    fn what_is_out_of_range_is_named_with_its_value() {
        for (seconds, shown) in [
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
            (-0.5, "-500"),
            (1e300, "1e303"),
            (315_360_001.0, "315360001000"),
        ] {
            assert_eq!(
                span("lease", seconds).unwrap_err().message(),
                format!("lease {shown} ms is out of range: accepted are 0 ms to 315360000000 ms")
            );
        }
        assert_eq!(
            moment("at", -1.0).unwrap_err().message(),
            "at -1000 ms is out of range: accepted are 0 to 253402300799999 ms since 1970"
        );
    }
}

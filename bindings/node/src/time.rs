//! Times that come in: milliseconds, which may have a fraction.

use std::time::Duration;

use fairlane::clock::Millis;
use fairlane::{Result, convert};

/// Gives whole milliseconds, rounded up so that a wait is never cut short; what no range accepts
/// stays so.
pub fn whole(millis: f64) -> Millis {
    if millis.fract() == 0.0 {
        return millis as Millis;
    }
    // Read to the microsecond, as in hosts that count in seconds: 0.1 + 0.2 is no longer than 0.3.
    ((millis * 1e3).round() / 1e3).ceil() as Millis
}

/// Gives a duration; `what` names the argument in the error.
pub fn duration(what: &str, millis: f64) -> Result<Duration> {
    convert::span_of_millis(what, whole(millis))
}

/// Gives a moment; `what` names the argument in the error.
pub fn moment(what: &str, millis: f64) -> Result<Millis> {
    convert::moment_of_millis(what, whole(millis))
}

//! Times: milliseconds, and the one value that stands for none.

use fairlane::clock::Millis;

/// Stands for a number that is not given, and for a moment that there is not.
pub const FAIRLANE_NONE: i64 = i64::MIN;

/// Reads a number that may be left out.
pub fn optional(number: i64) -> Option<i64> {
    (number != FAIRLANE_NONE).then_some(number)
}

/// Gives a moment that there may not be.
pub fn moment(moment: Option<Millis>) -> i64 {
    moment.unwrap_or(FAIRLANE_NONE)
}

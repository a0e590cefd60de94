//! Backoff: how long to wait before the next attempt.

use std::mem::MaybeUninit;

use fairlane::{BackoffPolicy, convert};

use crate::boundary::boundary;
use crate::error::Error;
use crate::handle::{free, given, out};
use crate::time::{FAIRLANE_NONE, optional};

/// Counts attempts and tells how long to wait before the next one. It does not sleep. Free it with
/// `fairlane_backoff_free`.
pub struct Backoff(fairlane::Backoff);

/// Makes a backoff: the delays are `min * factor^attempts`, at most `max` milliseconds; with jitter
/// drawn evenly between `min` and that value. `limit` is the number of delays that it hands out,
/// `expiration` the milliseconds from the first delay after which it hands out no more;
/// FAIRLANE_NONE is neither. Usual are 100, 10,000, 2, false.
///
/// Ownership: the caller frees the backoff. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_backoff_new(
    min: i64,
    max: i64,
    factor: f64,
    jitter: bool,
    limit: i64,
    expiration: i64,
    backoff: Option<&mut MaybeUninit<Option<Box<Backoff>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let backoff = out("backoff", backoff, None)?;
        let policy = BackoffPolicy { min, max, factor, jitter };
        let limit = optional(limit).map(|limit| convert::count("limit", limit)).transpose()?;
        let expiration = optional(expiration)
            .map(|expiration| convert::span_of_millis("expiration", expiration))
            .transpose()?;
        *backoff = Some(Box::new(Backoff(fairlane::Backoff::new(policy, limit, expiration)?)));
        Ok(())
    })
}

/// Gives the milliseconds before the next attempt and counts it; FAIRLANE_NONE when the limit or the
/// expiration is reached, and for NULL.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_backoff_duration(backoff: Option<&mut Backoff>) -> i64 {
    boundary!({
        let delay = backoff.and_then(|backoff| backoff.0.duration());
        delay.map_or(FAIRLANE_NONE, fairlane::clock::millis)
    })
}

/// Gives the milliseconds after that many earlier attempts, counted from 0, and changes nothing.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_backoff_for_attempt(
    backoff: Option<&Backoff>,
    attempt: i64,
    milliseconds: Option<&mut MaybeUninit<i64>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let milliseconds = out("milliseconds", milliseconds, 0)?;
        let backoff = given("backoff", backoff)?;
        let attempt = convert::count("attempt", attempt)?;
        *milliseconds = fairlane::clock::millis(backoff.0.for_attempt(attempt));
        Ok(())
    })
}

/// Gives the number of delays handed out since the start or the last reset; 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_backoff_attempt(backoff: Option<&Backoff>) -> u32 {
    boundary!(backoff.map_or(0, |backoff| backoff.0.attempt()))
}

/// Starts again from the first delay; NULL is harmless.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_backoff_reset(backoff: Option<&mut Backoff>) {
    boundary!(if let Some(backoff) = backoff {
        backoff.0.reset();
    });
}

/// Makes a fresh backoff of the same settings, at its first delay; NULL for NULL.
///
/// Ownership: the caller frees the copy. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_backoff_copy(backoff: Option<&Backoff>) -> Option<Box<Backoff>> {
    boundary!(backoff.map(|backoff| Box::new(Backoff(backoff.0.copy()))))
}

/// Frees a backoff and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the backoff. Blocking: never. Threads: one, the last to use the backoff.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_backoff_free(backoff: Option<&mut Option<Box<Backoff>>>) {
    boundary!(free(backoff));
}

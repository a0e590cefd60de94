//! A clock that is turned by hand.

use std::mem::MaybeUninit;
use std::sync::Arc;

use fairlane::clock::Clock;
use fairlane::convert;
use fairlane::job::MAX_DELAY;

use crate::boundary::boundary;
use crate::error::Error;
use crate::handle::{free, given, out};

/// A clock that stands still until it is turned by hand, for tests of limits, delays and leases without
/// sleeping; see `fairlane_queue_options_set_clock`. Free it with `fairlane_manual_clock_free`.
pub struct ManualClock(Arc<fairlane::clock::ManualClock>);

impl ManualClock {
    /// Gives the clock to a queue.
    pub fn shared(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0) as _
    }
}

/// Makes a clock that shows `now`, in milliseconds since the Unix epoch.
///
/// Ownership: the caller frees the clock. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_manual_clock_new(
    now: i64,
    clock: Option<&mut MaybeUninit<Option<Box<ManualClock>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let clock = out("clock", clock, None)?;
        let now = convert::moment_of_millis("now", now)?;
        *clock = Some(Box::new(ManualClock(Arc::new(fairlane::clock::ManualClock::new(now)))));
        Ok(())
    })
}

/// Gives what the clock shows, in milliseconds since the Unix epoch; 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_manual_clock_now(clock: Option<&ManualClock>) -> i64 {
    boundary!(clock.map_or(0, |clock| clock.0.now()))
}

/// Turns the clock forward by so many milliseconds; back, if they are negative.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_manual_clock_advance(
    clock: Option<&ManualClock>,
    by: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let clock = given("clock", clock)?;
        clock.0.advance(convert::span_of_millis_within("advance", by, -MAX_DELAY..=MAX_DELAY)?);
        Ok(())
    })
}

/// Turns the clock to a moment, forward or back.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_manual_clock_set(
    clock: Option<&ManualClock>,
    now: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let clock = given("clock", clock)?;
        clock.0.set(convert::moment_of_millis("now", now)?);
        Ok(())
    })
}

/// Frees a clock and sets the variable to NULL; NULL is harmless. Queues that were opened with it
/// go on using it.
///
/// Ownership: takes the clock. Blocking: never. Threads: one, the last to use the clock.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_manual_clock_free(clock: Option<&mut Option<Box<ManualClock>>>) {
    boundary!(free(clock));
}

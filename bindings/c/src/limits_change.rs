//! A change of limits.

use std::mem::MaybeUninit;

use fairlane::{Result, given as two_ways};

use crate::boundary::boundary;
use crate::error::Error;
use crate::handle::{free, given};
use crate::time::optional;

/// A change of limits, for `fairlane_queue_set_limits`, which checks what it says. What is not set stays
/// as it is. Free it with `fairlane_limits_change_free`.
#[derive(Default)]
pub struct LimitsChange {
    tps: Option<i64>,
    rate: Option<(i64, i64)>,
    max_in_flight: Option<i64>,
    weight: Option<i64>,
    max_waiting: Option<i64>,
}

impl LimitsChange {
    /// Gives the change as the core takes it.
    pub fn change(&self) -> Result<fairlane::LimitsChange> {
        Ok(fairlane::LimitsChange {
            rate: two_ways::rate(self.tps, self.rate)?,
            max_in_flight: self.max_in_flight,
            weight: self.weight,
            max_waiting: self.max_waiting,
        })
    }
}

/// Makes a change that changes nothing.
///
/// Ownership: the caller frees it. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_limits_change_new() -> Option<Box<LimitsChange>> {
    boundary!(Some(Box::default()))
}

/// Lets at most so many jobs start in any second; 0 lifts the limit. FAIRLANE_NONE, the default,
/// leaves it as it is.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_limits_change_set_tps(
    change: Option<&mut LimitsChange>,
    tps: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("change", change)?.tps = optional(tps);
        Ok(())
    })
}

/// Lets at most so many jobs start in any window of so many milliseconds; a count of 0 lifts the
/// limit. Not together with a tps. A count of FAIRLANE_NONE, the default, leaves it as it is.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_limits_change_set_rate(
    change: Option<&mut LimitsChange>,
    count: i64,
    window: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("change", change)?.rate = optional(count).map(|count| (count, window));
        Ok(())
    })
}

/// Lets at most so many jobs be in flight at once; 0 lifts the limit. FAIRLANE_NONE, the default,
/// leaves it as it is.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_limits_change_set_max_in_flight(
    change: Option<&mut LimitsChange>,
    jobs: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("change", change)?.max_in_flight = optional(jobs);
        Ok(())
    })
}

/// Sets the lane's share against other lanes, 1 to 1000. Not of a whole queue. FAIRLANE_NONE, the
/// default, leaves it as it is.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_limits_change_set_weight(
    change: Option<&mut LimitsChange>,
    weight: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("change", change)?.weight = optional(weight);
        Ok(())
    })
}

/// Lets at most so many jobs wait; a push beyond it gives FAIRLANE_QUEUE_FULL. 0 lifts the limit.
/// FAIRLANE_NONE, the default, leaves it as it is.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_limits_change_set_max_waiting(
    change: Option<&mut LimitsChange>,
    jobs: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("change", change)?.max_waiting = optional(jobs);
        Ok(())
    })
}

/// Frees a change and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the change. Blocking: never. Threads: one, the last to use the change.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_limits_change_free(change: Option<&mut Option<Box<LimitsChange>>>) {
    boundary!(free(change));
}

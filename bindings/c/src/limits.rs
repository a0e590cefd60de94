//! The limits in force for a lane or a whole queue.

use crate::boundary::boundary;

/// The limits in force for a lane or a whole queue; 0 means no limit. Part of a lane info or of stats,
/// and goes with it.
pub struct Limits(pub fairlane::Limits);

/// Gives how many jobs, or how much cost, may start in any window.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_limits_rate_count(limits: Option<&Limits>) -> i64 {
    boundary!(limits.map_or(0, |limits| limits.0.rate.count))
}

/// Gives the length of the window in milliseconds.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_limits_rate_window(limits: Option<&Limits>) -> i64 {
    boundary!(limits.map_or(0, |limits| limits.0.rate.window))
}

/// Gives the most jobs in flight at once.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_limits_max_in_flight(limits: Option<&Limits>) -> i64 {
    boundary!(limits.map_or(0, |limits| limits.0.max_in_flight))
}

/// Gives the lane's share against other lanes; of a whole queue it has no meaning.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_limits_weight(limits: Option<&Limits>) -> i64 {
    boundary!(limits.map_or(0, |limits| limits.0.weight))
}

/// Gives the most jobs waiting.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_limits_max_waiting(limits: Option<&Limits>) -> i64 {
    boundary!(limits.map_or(0, |limits| limits.0.max_waiting))
}

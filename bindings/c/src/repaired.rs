//! What a repair found.

use crate::boundary::boundary;
use crate::handle::free;

/// What a repair looked at and what it mended. In a queue that was in order all but jobs and lanes are
/// 0. Free it with `fairlane_repaired_free`.
pub struct Repaired(pub fairlane::Repaired);

/// Gives the jobs that were looked at, dead ones included.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_repaired_jobs(repaired: Option<&Repaired>) -> u64 {
    boundary!(repaired.map_or(0, |repaired| repaired.0.jobs))
}

/// Gives the lanes that were looked at.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_repaired_lanes(repaired: Option<&Repaired>) -> u64 {
    boundary!(repaired.map_or(0, |repaired| repaired.0.lanes))
}

/// Gives the jobs whose rows were gone or could not be read; the stats count them as quarantined.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_repaired_lost_jobs(repaired: Option<&Repaired>) -> u64 {
    boundary!(repaired.map_or(0, |repaired| repaired.0.lost_jobs))
}

/// Gives the jobs that stood nowhere, or not as they should, and were put in their place.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_repaired_placed_jobs(repaired: Option<&Repaired>) -> u64 {
    boundary!(repaired.map_or(0, |repaired| repaired.0.placed_jobs))
}

/// Gives the entries of lists and indexes that named nothing, or a job that stands elsewhere.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_repaired_dropped_entries(repaired: Option<&Repaired>) -> u64 {
    boundary!(repaired.map_or(0, |repaired| repaired.0.dropped_entries))
}

/// Gives the lanes whose counters, state or place among others were wrong.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_repaired_mended_lanes(repaired: Option<&Repaired>) -> u64 {
    boundary!(repaired.map_or(0, |repaired| repaired.0.mended_lanes))
}

/// Gives the sums of the queue that were wrong, and the schedules that had lost their next tick.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_repaired_mended_sums(repaired: Option<&Repaired>) -> u64 {
    boundary!(repaired.map_or(0, |repaired| repaired.0.mended_sums))
}

/// Tells whether all was in order; false for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_repaired_is_sound(repaired: Option<&Repaired>) -> bool {
    boundary!(repaired.is_some_and(|repaired| repaired.0.is_sound()))
}

/// Frees what a repair gave and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the repaired. Blocking: never. Threads: one, the last to use the repaired.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_repaired_free(repaired: Option<&mut Option<Box<Repaired>>>) {
    boundary!(free(repaired));
}

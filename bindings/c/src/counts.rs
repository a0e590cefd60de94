//! How many jobs stand where.

use crate::boundary::boundary;

/// How many jobs stand where; part of a lane info or of stats, and goes with it.
pub struct Counts(pub fairlane::Counts);

/// Gives the jobs that wait for a worker.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_counts_ready(counts: Option<&Counts>) -> i64 {
    boundary!(counts.map_or(0, |counts| counts.0.ready))
}

/// Gives the jobs that wait for their time.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_counts_delayed(counts: Option<&Counts>) -> i64 {
    boundary!(counts.map_or(0, |counts| counts.0.delayed))
}

/// Gives the jobs that wait for another job.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_counts_blocked(counts: Option<&Counts>) -> i64 {
    boundary!(counts.map_or(0, |counts| counts.0.blocked))
}

/// Gives the jobs that are being worked on.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_counts_in_flight(counts: Option<&Counts>) -> i64 {
    boundary!(counts.map_or(0, |counts| counts.0.in_flight))
}

/// Gives the jobs that wait for anything: ready, delayed and blocked.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_counts_waiting(counts: Option<&Counts>) -> i64 {
    boundary!(counts.map_or(0, |counts| counts.0.waiting()))
}

//! How a queue is opened.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use fairlane::convert;

use crate::boundary::boundary;
use crate::bytes::text;
use crate::error::Error;
use crate::handle::{free, given};
use crate::manual_clock::ManualClock;

/// The options of `fairlane_queue_open`; all have defaults. Free them with
/// `fairlane_queue_options_free`, at any time after the opening.
pub struct QueueOptions(pub fairlane::QueueOptions);

/// Makes options that are all at their defaults.
///
/// Ownership: the caller frees them. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_options_new() -> Option<Box<QueueOptions>> {
    boundary!(Some(Box::new(QueueOptions(fairlane::QueueOptions::default()))))
}

/// Sets what a push that returned survives: "full", the default, is kill -9 and power loss; with
/// "normal" a power loss may take the last milliseconds.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_options_set_durability(
    options: Option<&mut QueueOptions>,
    durability: *const c_char,
    durability_length: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let options = given("options", options)?;
        options.0.durability = text!(durability, durability_length)?.parse()?;
        Ok(())
    })
}

/// Sets whether a file that is not there is made; true by default. If not, opening gives
/// FAIRLANE_UNAVAILABLE.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_options_set_create(
    options: Option<&mut QueueOptions>,
    create: bool,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.0.create = create;
        Ok(())
    })
}

/// Sets whether leases of this handle outlive its process; false by default: an embedded store
/// gives back the jobs of a process that has ended at once.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_options_set_keep_leases(
    options: Option<&mut QueueOptions>,
    keep_leases: bool,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.0.keep_leases = keep_leases;
        Ok(())
    })
}

/// Sets the longest payload; 16 MiB by default, at most 512 MiB.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_options_set_max_payload(
    options: Option<&mut QueueOptions>,
    bytes: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.0.max_payload = bytes;
        Ok(())
    })
}

/// Sets how many dead jobs the archive keeps; the oldest go first. 10,000 by default.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_options_set_max_failed(
    options: Option<&mut QueueOptions>,
    jobs: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.0.max_failed = jobs;
        Ok(())
    })
}

/// Sets how long a call may wait for other processes to let go of the file before it gives
/// FAIRLANE_TIMEOUT, or go on trying to reach a Redis server that is away; 10,000 ms by default.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_options_set_busy_timeout(
    options: Option<&mut QueueOptions>,
    milliseconds: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.0.busy_timeout =
            convert::span_of_millis("busy_timeout", milliseconds)?;
        Ok(())
    })
}

/// Sets the clock of the queue; NULL, the default, is that of the system, or of the Redis server.
/// For tests: every handle of a queue must be given the same clock. A pop that waits is not woken
/// by a turn of it.
///
/// Ownership: shares the clock, which may be freed before the queue. Blocking: never. Threads: one
/// at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_options_set_clock(
    options: Option<&mut QueueOptions>,
    clock: Option<&ManualClock>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let options = &mut given("options", options)?.0;
        options.clock = match clock {
            Some(clock) => clock.shared(),
            None => fairlane::QueueOptions::default().clock,
        };
        Ok(())
    })
}

/// Frees options and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the options. Blocking: never. Threads: one, the last to use the options.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_options_free(options: Option<&mut Option<Box<QueueOptions>>>) {
    boundary!(free(options));
}

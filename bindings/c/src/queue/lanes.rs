//! Lanes: limits, pause, throttle, and the sweep that wakes what is due.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use fairlane::convert;

use crate::boundary::boundary;
use crate::bytes::optional_text;
use crate::dethrottler::Dethrottler;
use crate::error::Error;
use crate::handle::{given, out};
use crate::limits_change::LimitsChange;
use crate::queue::Queue;
use crate::repaired::Repaired;
use crate::swept::Swept;

/// Sets limits of a lane, or of the whole queue (NULL). They stay until they are set again.
///
/// Ownership: none. Blocking: for one commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_set_limits(
    queue: Option<&Queue>,
    lane: *const c_char,
    lane_length: usize,
    change: Option<&LimitsChange>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let (queue, change) = (given("queue", queue)?, given("change", change)?);
        let lane = optional_text!(lane, lane_length)?;
        queue.core.set_limits(lane, change.change()?)?;
        Ok(())
    })
}

/// Starts no more jobs of a lane, or of the whole queue (NULL). Jobs in flight go on.
///
/// Ownership: none. Blocking: for one commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_pause(
    queue: Option<&Queue>,
    lane: *const c_char,
    lane_length: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let queue = given("queue", queue)?;
        queue.core.pause(optional_text!(lane, lane_length)?)?;
        Ok(())
    })
}

/// Starts jobs of a paused lane, or of the paused queue (NULL), again.
///
/// Ownership: none. Blocking: for one commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_resume(
    queue: Option<&Queue>,
    lane: *const c_char,
    lane_length: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let queue = given("queue", queue)?;
        queue.core.resume(optional_text!(lane, lane_length)?)?;
        Ok(())
    })
}

/// Starts no job of a lane, or of the whole queue (NULL), for so many milliseconds from now: the
/// answer to a provider's "429, retry after". 0 ends an earlier throttle.
///
/// Ownership: none. Blocking: for one commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_throttle(
    queue: Option<&Queue>,
    lane: *const c_char,
    lane_length: usize,
    duration: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let queue = given("queue", queue)?;
        let lane = optional_text!(lane, lane_length)?;
        queue.core.throttle(lane, convert::span_of_millis("throttle", duration)?)?;
        Ok(())
    })
}

/// Wakes throttled, delayed and lapsed work that is due, rings idle workers and keeps house. Never
/// needed for correctness: every call wakes what is due. Harmless at any time. `swept`, which may
/// be NULL, tells what it moved.
///
/// Ownership: the caller frees `swept`. Blocking: for one commit, or one round trip to a server.
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_dethrottle(
    queue: Option<&Queue>,
    swept: Option<&mut MaybeUninit<Option<Box<Swept>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let swept = swept.map(|swept| swept.write(None));
        let moved = given("queue", queue)?.core.dethrottle()?;
        if let Some(swept) = swept {
            *swept = Some(Box::new(Swept(moved)));
        }
        Ok(())
    })
}

/// Starts a thread that calls `fairlane_queue_dethrottle` every `interval` milliseconds, until it
/// is stopped or freed or the queue is closed. The store stays open until then.
///
/// Ownership: the caller frees the dethrottler. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_start_dethrottler(
    queue: Option<&Queue>,
    interval: i64,
    dethrottler: Option<&mut MaybeUninit<Option<Box<Dethrottler>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let dethrottler = out("dethrottler", dethrottler, None)?;
        let interval = convert::span_of_millis("interval", interval)?;
        let started = given("queue", queue)?.core.start_dethrottler(interval)?;
        *dethrottler = Some(Box::new(Dethrottler(started)));
        Ok(())
    })
}

/// Looks at every job and lane, mends counters, indexes and places that are wrong, and tells what was
/// found; for a queue whose rows were deleted or changed by something else than fairlane. Harmless at
/// any time. `repaired` may be NULL.
///
/// Ownership: the caller frees `repaired`. Blocking: for every job, in steps between which others are
/// served. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_repair(
    queue: Option<&Queue>,
    repaired: Option<&mut MaybeUninit<Option<Box<Repaired>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let repaired = repaired.map(|repaired| repaired.write(None));
        let found = given("queue", queue)?.core.repair()?;
        if let Some(repaired) = repaired {
            *repaired = Some(Box::new(Repaired(found)));
        }
        Ok(())
    })
}

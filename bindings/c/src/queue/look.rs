//! Looking, without taking; and removing.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::boundary::boundary;
use crate::bytes::{optional_text, text};
use crate::error::Error;
use crate::handle::{given, out};
use crate::job_info::{JobInfo, JobInfoList};
use crate::lane_info::{LaneInfo, LaneInfoList};
use crate::queue::Queue;
use crate::stats::Stats;

/// Counts the queue's jobs, lanes and deeds.
///
/// Ownership: the caller frees the stats. Blocking: for one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_stats(
    queue: Option<&Queue>,
    stats: Option<&mut MaybeUninit<Option<Box<Stats>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let stats = out("stats", stats, None)?;
        *stats = Some(Box::new(given("queue", queue)?.core.stats()?.into()));
        Ok(())
    })
}

/// Gives the number of waiting jobs (ready, delayed and blocked) of a lane, or of the whole queue
/// (NULL).
///
/// Ownership: none. Blocking: for one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_size(
    queue: Option<&Queue>,
    lane: *const c_char,
    lane_length: usize,
    size: Option<&mut MaybeUninit<i64>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let size = out("size", size, 0)?;
        let queue = given("queue", queue)?;
        *size = queue.core.size(optional_text!(lane, lane_length)?)?;
        Ok(())
    })
}

/// Lists the lanes by name.
///
/// Ownership: the caller frees the list. Blocking: for a round trip to a server every thousand
/// lanes. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_lanes(
    queue: Option<&Queue>,
    lanes: Option<&mut MaybeUninit<Option<Box<LaneInfoList>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let lanes = out("lanes", lanes, None)?;
        let found = given("queue", queue)?.core.lanes()?;
        *lanes = Some(Box::new(LaneInfoList(found.into_iter().map(LaneInfo::from).collect())));
        Ok(())
    })
}

/// Looks at one lane; gives NULL if there is none of that name.
///
/// Ownership: the caller frees the info. Blocking: for one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_lane(
    queue: Option<&Queue>,
    name: *const c_char,
    name_length: usize,
    info: Option<&mut MaybeUninit<Option<Box<LaneInfo>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let info = out("info", info, None)?;
        let queue = given("queue", queue)?;
        let lane = queue.core.lane(text!(name, name_length)?)?;
        *info = lane.map(|lane| Box::new(LaneInfo::from(lane)));
        Ok(())
    })
}

/// Looks at a job, dead ones included; gives NULL if it is completed, cancelled or was never
/// pushed.
///
/// Ownership: the caller frees the info. Blocking: for one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_get(
    queue: Option<&Queue>,
    id: *const c_char,
    id_length: usize,
    info: Option<&mut MaybeUninit<Option<Box<JobInfo>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let info = out("info", info, None)?;
        let queue = given("queue", queue)?;
        let job = queue.core.get(text!(id, id_length)?.parse()?)?;
        *info = job.map(|job| Box::new(JobInfo::from(job)));
        Ok(())
    })
}

/// Looks at the first `n` ready jobs of a lane, in the order in which it will serve them. NULL for
/// `lane` is FAIRLANE_DEFAULT_LANE.
///
/// Ownership: the caller frees the list. Blocking: for one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_peek(
    queue: Option<&Queue>,
    lane: *const c_char,
    lane_length: usize,
    n: usize,
    jobs: Option<&mut MaybeUninit<Option<Box<JobInfoList>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let jobs = out("jobs", jobs, None)?;
        let queue = given("queue", queue)?;
        let lane = optional_text!(lane, lane_length)?.unwrap_or(fairlane::DEFAULT_LANE);
        *jobs = Some(Box::new(queue.core.peek(lane, n)?.into()));
        Ok(())
    })
}

/// Removes a job, whatever its state, with the jobs blocked on it; `found`, which may be NULL,
/// tells whether there was one. If it was in flight, its token is stale from now on; its worker is
/// not interrupted.
///
/// Ownership: none. Blocking: for one commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_cancel(
    queue: Option<&Queue>,
    id: *const c_char,
    id_length: usize,
    found: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let found = found.map(|found| found.write(false));
        let queue = given("queue", queue)?;
        let cancelled = queue.core.cancel(text!(id, id_length)?.parse()?)?;
        if let Some(found) = found {
            *found = cancelled;
        }
        Ok(())
    })
}

/// Removes all waiting jobs of a lane, or of the whole queue (NULL), with the jobs blocked on them;
/// `count`, which may be NULL, tells how many went. Jobs in flight and dead jobs stay.
///
/// Ownership: none. Blocking: for one commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_purge(
    queue: Option<&Queue>,
    lane: *const c_char,
    lane_length: usize,
    count: Option<&mut MaybeUninit<u64>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let count = count.map(|count| count.write(0));
        let queue = given("queue", queue)?;
        let purged = queue.core.purge(optional_text!(lane, lane_length)?)?;
        if let Some(count) = count {
            *count = purged;
        }
        Ok(())
    })
}

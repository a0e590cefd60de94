//! The archive of dead jobs, and the keys.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use fairlane::{FailedFilter, Result};

use crate::boundary::boundary;
use crate::bytes::{optional_text, texts};
use crate::error::Error;
use crate::handle::{given, out};
use crate::job_info::JobInfoList;
use crate::queue::Queue;

/// Lists up to `n` dead jobs, the latest first.
///
/// Ownership: the caller frees the list. Blocking: for one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_failed(
    queue: Option<&Queue>,
    n: usize,
    jobs: Option<&mut MaybeUninit<Option<Box<JobInfoList>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let jobs = out("jobs", jobs, None)?;
        *jobs = Some(Box::new(given("queue", queue)?.core.failed(n)?.into()));
        Ok(())
    })
}

/// Puts dead jobs back to the end of their lanes, with all their tries; `count`, which may be NULL,
/// tells how many.
///
/// Those of `ids`, those of `lane`, or, if both are NULL, all; ids that are not dead are passed
/// over. `id_lengths` may be NULL if each id ends with a NUL.
///
/// Ownership: none. Blocking: for one commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_restore_failed(
    queue: Option<&Queue>,
    ids: *const *const c_char,
    id_lengths: *const usize,
    id_count: usize,
    lane: *const c_char,
    lane_length: usize,
    count: Option<&mut MaybeUninit<u64>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let count = count.map(|count| count.write(0));
        let queue = given("queue", queue)?;
        let lane = optional_text!(lane, lane_length)?;
        let ids = (!ids.is_null() || id_count > 0).then(|| texts!(ids, id_lengths, id_count));
        let restored = queue.core.restore_failed(filter(ids.transpose()?, lane)?)?;
        if let Some(count) = count {
            *count = restored;
        }
        Ok(())
    })
}

/// Forgets dead jobs, and the jobs blocked on them; `count`, which may be NULL, tells how many dead
/// ones went. Which ones is said as in `fairlane_queue_restore_failed`.
///
/// Ownership: none. Blocking: for one commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_clean_failed(
    queue: Option<&Queue>,
    ids: *const *const c_char,
    id_lengths: *const usize,
    id_count: usize,
    lane: *const c_char,
    lane_length: usize,
    count: Option<&mut MaybeUninit<u64>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let count = count.map(|count| count.write(0));
        let queue = given("queue", queue)?;
        let lane = optional_text!(lane, lane_length)?;
        let ids = (!ids.is_null() || id_count > 0).then(|| texts!(ids, id_lengths, id_count));
        let cleaned = queue.core.clean_failed(filter(ids.transpose()?, lane)?)?;
        if let Some(count) = count {
            *count = cleaned;
        }
        Ok(())
    })
}

/// Frees all keys of the queue, everywhere: the next push of any key makes a job. Jobs that held a
/// key go on without it.
///
/// Ownership: none. Blocking: for one commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_bump_keys(
    queue: Option<&Queue>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("queue", queue)?.core.bump_keys()?;
        Ok(())
    })
}

fn filter(ids: Option<Vec<&str>>, lane: Option<&str>) -> Result<FailedFilter> {
    match (ids, lane) {
        (None, None) => Ok(FailedFilter::All),
        (Some(ids), None) => {
            ids.iter().map(|id| id.parse()).collect::<Result<_>>().map(FailedFilter::Ids)
        }
        (None, Some(lane)) => Ok(FailedFilter::Lane(lane.to_owned())),
        (Some(_), Some(_)) => Err(fairlane::given::both("ids", "lane")),
    }
}

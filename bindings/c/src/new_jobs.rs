//! Jobs to push together.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;

use fairlane::options::MAX_PAYLOAD;

use crate::boundary::boundary;
use crate::bytes::{optional_text, payload};
use crate::error::Error;
use crate::handle::{free, given};
use crate::push_options::PushOptions;

/// Jobs to push together, in their order. Free them with `fairlane_new_jobs_free`; a push leaves them
/// as they are.
pub struct NewJobs(pub Vec<fairlane::NewJob>);

/// Makes a list of no jobs.
///
/// Ownership: the caller frees it. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_new_jobs_new() -> Option<Box<NewJobs>> {
    boundary!(Some(Box::new(NewJobs(Vec::new()))))
}

/// Adds a job; its parameters are those of `fairlane_queue_push`.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_new_jobs_add(
    jobs: Option<&mut NewJobs>,
    payload: *const c_void,
    payload_length: usize,
    lane: *const c_char,
    lane_length: usize,
    options: Option<&PushOptions>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let jobs = given("jobs", jobs)?;
        let payload = payload!(payload, payload_length, MAX_PAYLOAD)?;
        let lane = optional_text!(lane, lane_length)?;
        jobs.0.push(PushOptions::job(options, payload, lane)?);
        Ok(())
    })
}

/// Gives the number of jobs of a list; 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_new_jobs_count(jobs: Option<&NewJobs>) -> usize {
    boundary!(jobs.map_or(0, |jobs| jobs.0.len()))
}

/// Takes all jobs out of a list, to fill it anew; NULL is harmless.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_new_jobs_clear(jobs: Option<&mut NewJobs>) {
    boundary!(if let Some(jobs) = jobs {
        jobs.0.clear();
    });
}

/// Frees a list and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the list. Blocking: never. Threads: one, the last to use the list.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_new_jobs_free(list: Option<&mut Option<Box<NewJobs>>>) {
    boundary!(free(list));
}

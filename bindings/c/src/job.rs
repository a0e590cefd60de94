//! A job that was delivered to a worker.

use std::ffi::{c_char, c_void};
use std::mem::{MaybeUninit, take};
use std::sync::OnceLock;

use crate::boundary::boundary;
use crate::handle::free;
use crate::headers::Headers;
use crate::text::{Text, show, show_bytes};
use crate::time::moment;

/// A job that was delivered to a worker. Moments are milliseconds since the Unix epoch. Free it with
/// `fairlane_job_free`, which does not end the delivery.
pub struct Job {
    /// Its key and its error were moved out, to stand with a NUL.
    job: fairlane::Job,
    token: Text,
    /// Made when it is asked for: many a worker never does.
    id: OnceLock<Text>,
    /// As above.
    lane: OnceLock<Text>,
    key: Option<Text>,
    after: Option<Text>,
    error: Option<Text>,
    headers: Headers,
}

impl From<fairlane::Job> for Job {
    fn from(mut job: fairlane::Job) -> Self {
        Self {
            token: Text::of(job.token),
            id: OnceLock::new(),
            lane: OnceLock::new(),
            key: job.key.take().map(Text::from),
            after: job.after.map(Text::of),
            error: job.error.take().map(Text::from),
            headers: Headers::from(take(&mut job.headers)),
            job,
        }
    }
}

/// Gives the job's id.
///
/// Ownership: the job keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_id(
    job: Option<&Job>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(job.map(|job| job.id.get_or_init(|| Text::of(job.job.id))), length))
}

/// Gives the name of this delivery: what ends it must show it.
///
/// Ownership: the job keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_token(
    job: Option<&Job>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(job.map(|job| &job.token), length))
}

/// Gives the lane. It may hold NULs: its length tells.
///
/// Ownership: the job keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_lane(
    job: Option<&Job>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!({
        let text = |job: &Job| Text::from(job.job.lane.clone());
        show(job.map(|job| job.lane.get_or_init(|| text(job))), length)
    })
}

/// Gives the bytes that were pushed; NULL if there are none.
///
/// Ownership: the job keeps the bytes. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_payload(
    job: Option<&Job>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_void {
    boundary!(show_bytes(job.map_or(&[], |job| &job.job.payload), length))
}

/// Gives the priority, 0 to 9.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_priority(job: Option<&Job>) -> i64 {
    boundary!(job.map_or(0, |job| job.job.priority))
}

/// Gives how many starts the job counts as against limits.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_cost(job: Option<&Job>) -> i64 {
    boundary!(job.map_or(0, |job| job.job.cost))
}

/// Gives the number of this try; the first is 1.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_tries(job: Option<&Job>) -> i64 {
    boundary!(job.map_or(0, |job| job.job.tries))
}

/// Gives how often the job is tried; -1 for ever.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_max_tries(job: Option<&Job>) -> i64 {
    boundary!(job.map_or(0, |job| job.job.max_tries))
}

/// Gives how often a lease of this job lapsed or its worker died.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_lapses(job: Option<&Job>) -> i64 {
    boundary!(job.map_or(0, |job| job.job.lapses))
}

/// Gives the moment when the job was pushed.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_pushed_at(job: Option<&Job>) -> i64 {
    boundary!(job.map_or(0, |job| job.job.pushed_at))
}

/// Gives the moment when this delivery started, by the store's clock.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_started_at(job: Option<&Job>) -> i64 {
    boundary!(job.map_or(0, |job| job.job.started_at))
}

/// Gives the moment when the lease lapses; FAIRLANE_NONE if the job was popped with lease 0.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_lease_until(job: Option<&Job>) -> i64 {
    boundary!(moment(job.and_then(|job| job.job.lease_until)))
}

/// Gives the key; NULL if the job holds none.
///
/// Ownership: the job keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_key(
    job: Option<&Job>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(job.and_then(|job| job.key.as_ref()), length))
}

/// Gives the id of the job that had to complete first; NULL if none was named.
///
/// Ownership: the job keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_after(
    job: Option<&Job>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(job.and_then(|job| job.after.as_ref()), length))
}

/// Gives what the last failed try said; NULL if none failed.
///
/// Ownership: the job keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_error(
    job: Option<&Job>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(job.and_then(|job| job.error.as_ref()), length))
}

/// Gives the headers that were pushed with it; never NULL for a job.
///
/// Ownership: the job keeps the headers. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_headers(job: Option<&Job>) -> Option<&Headers> {
    boundary!(job.map(|job| &job.headers))
}

/// Frees a job and sets the variable to NULL; NULL is harmless. The delivery goes on until it is
/// ended or its lease lapses.
///
/// Ownership: takes the job. Blocking: never. Threads: one, the last to use the job.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_free(job: Option<&mut Option<Box<Job>>>) {
    boundary!(free(job));
}

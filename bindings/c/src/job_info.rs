//! A job as it stands in the store, looked at without taking it.

use std::ffi::{c_char, c_void};
use std::mem::{MaybeUninit, take};
use std::sync::LazyLock;

use fairlane::JobState;

use crate::boundary::boundary;
use crate::handle::free;
use crate::headers::Headers;
use crate::text::{Text, numbered, show, show_bytes, texts};
use crate::time::moment;

/// The job waits for a worker.
pub const FAIRLANE_JOB_READY: i32 = 1;
/// The job waits for its time.
pub const FAIRLANE_JOB_DELAYED: i32 = 2;
/// The job waits for the job named by `after`.
pub const FAIRLANE_JOB_BLOCKED: i32 = 3;
/// The job is being worked on.
pub const FAIRLANE_JOB_LEASED: i32 = 4;
/// The job is out of tries, or failed for good; in the archive.
pub const FAIRLANE_JOB_DEAD: i32 = 5;

/// The states, in the order of their numbers.
const STATES: [JobState; 5] =
    [JobState::Ready, JobState::Delayed, JobState::Blocked, JobState::Leased, JobState::Dead];

static NAMES: LazyLock<Vec<Text>> = LazyLock::new(|| texts(STATES.map(JobState::name)));

/// A job as it stands in the store. Moments are milliseconds since the Unix epoch. Free one that
/// `fairlane_queue_get` gave with `fairlane_job_info_free`; those of a list go with the list.
pub struct JobInfo {
    /// Its texts were moved out, to stand with a NUL.
    info: fairlane::JobInfo,
    id: Text,
    lane: Text,
    key: Option<Text>,
    after: Option<Text>,
    error: Option<Text>,
    headers: Headers,
}

impl From<fairlane::JobInfo> for JobInfo {
    fn from(mut info: fairlane::JobInfo) -> Self {
        Self {
            id: Text::of(info.id),
            lane: Text::from(take(&mut info.lane)),
            key: info.key.take().map(Text::from),
            after: info.after.map(Text::of),
            error: info.error.take().map(Text::from),
            headers: Headers::from(take(&mut info.headers)),
            info,
        }
    }
}

/// Gives the job's id.
///
/// Ownership: the info keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_id(
    info: Option<&JobInfo>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(info.map(|info| &info.id), length))
}

/// Tells where the job stands: FAIRLANE_JOB_READY and its kin; 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_state(info: Option<&JobInfo>) -> i32 {
    boundary!(info.map_or(0, |info| match info.info.state {
        JobState::Ready => FAIRLANE_JOB_READY,
        JobState::Delayed => FAIRLANE_JOB_DELAYED,
        JobState::Blocked => FAIRLANE_JOB_BLOCKED,
        JobState::Leased => FAIRLANE_JOB_LEASED,
        JobState::Dead => FAIRLANE_JOB_DEAD,
    }))
}

/// Gives the name of a state of a job, the same in every language, such as "ready"; NULL for a number
/// that is none.
///
/// Ownership: the text is a constant. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_state_name(
    state: i32,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(numbered(&NAMES, state), length))
}

/// Gives the lane. It may hold NULs: its length tells.
///
/// Ownership: the info keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_lane(
    info: Option<&JobInfo>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(info.map(|info| &info.lane), length))
}

/// Gives the bytes that were pushed; NULL if there are none.
///
/// Ownership: the info keeps the bytes. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_payload(
    info: Option<&JobInfo>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_void {
    boundary!(show_bytes(info.map_or(&[], |info| &info.info.payload), length))
}

/// Gives the priority, 0 to 9.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_priority(info: Option<&JobInfo>) -> i64 {
    boundary!(info.map_or(0, |info| info.info.priority))
}

/// Gives how many starts the job counts as against limits.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_cost(info: Option<&JobInfo>) -> i64 {
    boundary!(info.map_or(0, |info| info.info.cost))
}

/// Gives how many tries were charged so far.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_tries(info: Option<&JobInfo>) -> i64 {
    boundary!(info.map_or(0, |info| info.info.tries))
}

/// Gives how often the job is tried; -1 for ever.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_max_tries(info: Option<&JobInfo>) -> i64 {
    boundary!(info.map_or(0, |info| info.info.max_tries))
}

/// Gives how often a lease of this job lapsed or its worker died.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_lapses(info: Option<&JobInfo>) -> i64 {
    boundary!(info.map_or(0, |info| info.info.lapses))
}

/// Gives the moment when the job was pushed.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_pushed_at(info: Option<&JobInfo>) -> i64 {
    boundary!(info.map_or(0, |info| info.info.pushed_at))
}

/// Gives the moment when a delayed job is due, and a blocked one at the earliest; FAIRLANE_NONE for
/// others.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_due_at(info: Option<&JobInfo>) -> i64 {
    boundary!(moment(info.and_then(|info| info.info.due_at)))
}

/// Gives the moment when the lease of a leased job lapses; FAIRLANE_NONE for others.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_lease_until(info: Option<&JobInfo>) -> i64 {
    boundary!(moment(info.and_then(|info| info.info.lease_until)))
}

/// Gives the moment when a dead job died; FAIRLANE_NONE for others.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_died_at(info: Option<&JobInfo>) -> i64 {
    boundary!(moment(info.and_then(|info| info.info.died_at)))
}

/// Gives the key; NULL if the job holds none.
///
/// Ownership: the info keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_key(
    info: Option<&JobInfo>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(info.and_then(|info| info.key.as_ref()), length))
}

/// Gives the id of the job that must complete first; NULL if none was named.
///
/// Ownership: the info keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_after(
    info: Option<&JobInfo>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(info.and_then(|info| info.after.as_ref()), length))
}

/// Tells whether the job named by `after` is dead: then this one stays blocked.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_parent_dead(info: Option<&JobInfo>) -> bool {
    boundary!(info.is_some_and(|info| info.info.parent_dead))
}

/// Gives what the last failed try said; NULL if none failed.
///
/// Ownership: the info keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_error(
    info: Option<&JobInfo>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(info.and_then(|info| info.error.as_ref()), length))
}

/// Gives the headers that were pushed with it; never NULL for a job.
///
/// Ownership: the info keeps the headers. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_headers(info: Option<&JobInfo>) -> Option<&Headers> {
    boundary!(info.map(|info| &info.headers))
}

/// Frees an info and sets the variable to NULL; NULL is harmless. Not for one that belongs to a
/// list.
///
/// Ownership: takes the info. Blocking: never. Threads: one, the last to use the info.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_free(info: Option<&mut Option<Box<JobInfo>>>) {
    boundary!(free(info));
}

/// Jobs that `fairlane_queue_peek` or `fairlane_queue_failed` found.
pub struct JobInfoList(Vec<JobInfo>);

impl From<Vec<fairlane::JobInfo>> for JobInfoList {
    fn from(jobs: Vec<fairlane::JobInfo>) -> Self {
        Self(jobs.into_iter().map(JobInfo::from).collect())
    }
}

/// Gives the number of items of a list; 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_list_count(list: Option<&JobInfoList>) -> usize {
    boundary!(list.map_or(0, |list| list.0.len()))
}

/// Gives an item of a list, the first at 0; NULL beyond the last one.
///
/// Ownership: the list keeps the item. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_list_at(
    list: Option<&JobInfoList>,
    index: usize,
) -> Option<&JobInfo> {
    boundary!(list.and_then(|list| list.0.get(index)))
}

/// Frees a list and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the list. Blocking: never. Threads: one, the last to use the list.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_job_info_list_free(list: Option<&mut Option<Box<JobInfoList>>>) {
    boundary!(free(list));
}

//! Producing: push.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;

use crate::boundary::boundary;
use crate::bytes::{optional_text, payload};
use crate::error::Error;
use crate::handle::given;
use crate::id::Id;
use crate::new_jobs::NewJobs;
use crate::push_options::PushOptions;
use crate::pushed::{Pushed, PushedList};
use crate::queue::Queue;

/// Pushes one job and gives its id; the holder's id, if the job's key is held. When it returns
/// FAIRLANE_OK, the job survives what the queue's durability says.
///
/// NULL for `lane` is FAIRLANE_DEFAULT_LANE, NULL for `options` all defaults; `id` may be NULL.
/// Gives FAIRLANE_QUEUE_FULL, FAIRLANE_PAYLOAD_TOO_LARGE, FAIRLANE_INVALID_ARGUMENT: nothing was
/// pushed.
///
/// Ownership: copies what it is given. Blocking: for one commit, or one round trip to a server.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_push(
    queue: Option<&Queue>,
    payload: *const c_void,
    payload_length: usize,
    lane: *const c_char,
    lane_length: usize,
    options: Option<&PushOptions>,
    id: Option<&mut MaybeUninit<Id>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let id = id.map(|id| id.write(Id::NONE));
        let queue = given("queue", queue)?;
        let payload = payload!(payload, payload_length, queue.max_payload)?;
        let lane = optional_text!(lane, lane_length)?;
        let pushed = queue.core.push(PushOptions::job(options, payload, lane)?)?;
        if let Some(id) = id {
            *id = pushed.into();
        }
        Ok(())
    })
}

/// Pushes all the jobs in one step, or none, and tells for each its id and whether it is new.
/// `pushed` may be NULL. Gives what `fairlane_queue_push` gives; the message names the first job
/// that is not accepted.
///
/// Ownership: copies the jobs; the caller frees `pushed`. Blocking: for one commit, or one round
/// trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_push_many(
    queue: Option<&Queue>,
    jobs: Option<&NewJobs>,
    pushed: Option<&mut MaybeUninit<Option<Box<PushedList>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let pushed = pushed.map(|pushed| pushed.write(None));
        let (queue, jobs) = (given("queue", queue)?, given("jobs", jobs)?);
        let done = queue.core.push_many(jobs.0.clone())?;
        if let Some(pushed) = pushed {
            *pushed = Some(Box::new(PushedList(done.into_iter().map(Pushed::from).collect())));
        }
        Ok(())
    })
}

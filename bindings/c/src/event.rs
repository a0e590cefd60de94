//! What happens in a worker, as an observer is told.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::time::Duration;

use fairlane::worker::{Delivery, Event as CoreEvent};

use crate::boundary::boundary;
use crate::error::Error;
use crate::job::Job;
use crate::text::{Text, show};

/// A handler begins.
pub const FAIRLANE_EVENT_STARTED: i32 = 1;
/// A job is done.
pub const FAIRLANE_EVENT_DONE: i32 = 2;
/// A try failed, and the job comes again.
pub const FAIRLANE_EVENT_FAILED: i32 = 3;
/// A try failed, and the job is dead.
pub const FAIRLANE_EVENT_DEAD: i32 = 4;
/// A job went back untried.
pub const FAIRLANE_EVENT_RELEASED: i32 = 5;
/// A delivery lapsed or was cancelled before its handler had ended it.
pub const FAIRLANE_EVENT_LOST: i32 = 6;
/// A queue has no job for now.
pub const FAIRLANE_EVENT_IDLE: i32 = 7;
/// The store could not serve; the worker goes on trying.
pub const FAIRLANE_EVENT_TROUBLE: i32 = 8;

/// Something that happened in a worker. It is there as long as the observer is called.
pub struct Event {
    kind: i32,
    job: Option<Job>,
    took: Duration,
    reason: Option<Text>,
    queue: Text,
    error: Option<Error>,
}

impl Event {
    /// Makes what an observer is given; nothing for what this release does not know.
    pub fn of(event: &CoreEvent<'_>) -> Option<Self> {
        let of = |kind: i32, job: &Delivery| Self {
            kind,
            job: Some(Job::from(fairlane::Job::clone(job))),
            took: Duration::ZERO,
            reason: None,
            queue: Text::from(job.queue().name().to_owned()),
            error: None,
        };
        let about = |kind: i32, queue: &str| Self {
            kind,
            job: None,
            took: Duration::ZERO,
            reason: None,
            queue: Text::from(queue.to_owned()),
            error: None,
        };
        let text = |reason: &str| Some(Text::from(reason.to_owned()));
        Some(match event {
            CoreEvent::Started { job } => of(FAIRLANE_EVENT_STARTED, job),
            CoreEvent::Done { job, took } => Self { took: *took, ..of(FAIRLANE_EVENT_DONE, job) },
            CoreEvent::Failed { job, took, error } => {
                Self { took: *took, reason: text(error), ..of(FAIRLANE_EVENT_FAILED, job) }
            }
            CoreEvent::Dead { job, took, error } => {
                Self { took: *took, reason: text(error), ..of(FAIRLANE_EVENT_DEAD, job) }
            }
            CoreEvent::Released { job } => of(FAIRLANE_EVENT_RELEASED, job),
            CoreEvent::Lost { job } => of(FAIRLANE_EVENT_LOST, job),
            CoreEvent::Idle { queue } => about(FAIRLANE_EVENT_IDLE, queue),
            CoreEvent::Trouble { queue, error } => {
                let error = Some(Error::from((*error).clone()));
                Self { error, ..about(FAIRLANE_EVENT_TROUBLE, queue) }
            }
            _ => return None,
        })
    }
}

/// Tells what happened: FAIRLANE_EVENT_STARTED and its kin; 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_event_kind(event: Option<&Event>) -> i32 {
    boundary!(event.map_or(0, |event| event.kind))
}

/// Gives the job; NULL for FAIRLANE_EVENT_IDLE and FAIRLANE_EVENT_TROUBLE.
///
/// Ownership: the event keeps the job. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_event_job(event: Option<&Event>) -> Option<&Job> {
    boundary!(event.and_then(|event| event.job.as_ref()))
}

/// Gives how many milliseconds the handler took, with their fraction; 0 if none has ended.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_event_took(event: Option<&Event>) -> f64 {
    boundary!(event.map_or(0.0, |event| event.took.as_secs_f64() * 1e3))
}

/// Gives why a try failed; NULL if none did.
///
/// Ownership: the event keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_event_reason(
    event: Option<&Event>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(event.and_then(|event| event.reason.as_ref()), length))
}

/// Gives the name of the queue; NULL for NULL.
///
/// Ownership: the event keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_event_queue(
    event: Option<&Event>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(event.map(|event| &event.queue), length))
}

/// Gives the error of FAIRLANE_EVENT_TROUBLE; NULL for others.
///
/// Ownership: the event keeps the error. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_event_error(event: Option<&Event>) -> Option<&Error> {
    boundary!(event.and_then(|event| event.error.as_ref()))
}

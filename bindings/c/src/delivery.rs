//! A job in the hands of a handler.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::time::Duration;

use fairlane::worker::{Reason, Signal};
use fairlane::{JobResult, Verdict, convert};

use crate::boundary::boundary;
use crate::bytes::{optional_text, result_value};
use crate::error::Error;
use crate::handle::given;
use crate::job::Job;
use crate::new_jobs::NewJobs;
use crate::queue::results::job_result;
use crate::text::{Text, show};
use crate::time::optional;

/// A handler says: the job is done. What `fairlane_delivery_then` was given follows in the same step.
pub const FAIRLANE_VERDICT_DONE: i32 = 0;
/// A handler says: the try failed. The job comes again after its backoff, or after what
/// `fairlane_delivery_set_delay` was given, and is dead if its tries are spent.
pub const FAIRLANE_VERDICT_RETRY: i32 = 1;
/// A handler says: the job failed for good and is dead, whatever tries it had left.
pub const FAIRLANE_VERDICT_FAIL: i32 = 2;
/// A handler says: the job goes back untried, to the front of its lane, or after what
/// `fairlane_delivery_set_delay` was given.
pub const FAIRLANE_VERDICT_RELEASE: i32 = 3;
/// A handler says: it has ended the delivery itself.
pub const FAIRLANE_VERDICT_ENDED: i32 = 4;

/// The worker stops: to finish is fine, to give the job back is quicker.
pub const FAIRLANE_SIGNAL_STOPPING: i32 = 1;
/// The handler took longer than its timeout: the try counts as failed already.
pub const FAIRLANE_SIGNAL_TIMED_OUT: i32 = 2;
/// The delivery lapsed or the job was cancelled: nothing that the handler does counts any more.
pub const FAIRLANE_SIGNAL_LOST: i32 = 3;

/// A job in the hands of a handler, which says with it more than its verdict can. The worker frees it
/// when the handler has returned.
pub struct Delivery {
    job: Job,
    queue: Text,
    signal: Signal,
    error: String,
    delay: Option<Duration>,
    then: Vec<fairlane::NewJob>,
    result: Option<JobResult>,
}

impl Delivery {
    /// Makes what a handler is given.
    pub fn of(delivery: &fairlane::worker::Delivery) -> Self {
        Self {
            job: Job::from(fairlane::Job::clone(delivery)),
            queue: Text::from(delivery.queue().name().to_owned()),
            signal: delivery.signal().clone(),
            error: String::new(),
            delay: None,
            then: Vec::new(),
            result: None,
        }
    }

    /// Gives what a handler has said by the number that it returned.
    pub fn verdict(self, number: i32) -> Verdict {
        match number {
            FAIRLANE_VERDICT_DONE => Verdict::Done { then: self.then, result: self.result },
            FAIRLANE_VERDICT_RETRY => Verdict::Retry { error: self.error, delay: self.delay },
            FAIRLANE_VERDICT_FAIL => Verdict::Fail { error: self.error },
            FAIRLANE_VERDICT_RELEASE => Verdict::Release { delay: self.delay.unwrap_or_default() },
            FAIRLANE_VERDICT_ENDED => Verdict::Ended,
            _ => Verdict::retry(format!("handler returned {number}, which is no verdict")),
        }
    }
}

fn number(reason: Option<Reason>) -> i32 {
    match reason {
        None => 0,
        Some(Reason::Stopping) => FAIRLANE_SIGNAL_STOPPING,
        Some(Reason::TimedOut) => FAIRLANE_SIGNAL_TIMED_OUT,
        Some(Reason::Lost) => FAIRLANE_SIGNAL_LOST,
    }
}

/// Gives the job; NULL for NULL.
///
/// Ownership: the delivery keeps the job. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_delivery_job(delivery: Option<&Delivery>) -> Option<&Job> {
    boundary!(delivery.map(|delivery| &delivery.job))
}

/// Gives the name of the queue that the job came from; NULL for NULL.
///
/// Ownership: the delivery keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_delivery_queue(
    delivery: Option<&Delivery>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(delivery.map(|delivery| &delivery.queue), length))
}

/// Tells why the handler need not go on: FAIRLANE_SIGNAL_STOPPING and its kin, or 0 if it should.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_delivery_signal(delivery: Option<&Delivery>) -> i32 {
    boundary!(number(delivery.and_then(|delivery| delivery.signal.reason())))
}

/// Sleeps for `timeout` milliseconds, or until there is a reason not to go on, which it gives as
/// `fairlane_delivery_signal` does. Gives 0 at once for NULL and for a time that is negative.
///
/// Ownership: none. Blocking: for up to `timeout` milliseconds. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_delivery_wait(delivery: Option<&Delivery>, timeout: i64) -> i32 {
    boundary!({
        let timeout = Duration::from_millis(timeout.max(0).unsigned_abs());
        number(delivery.and_then(|delivery| delivery.signal.wait(timeout)))
    })
}

/// Sets why the try failed, which is kept with the job, up to 4,096 bytes; for
/// FAIRLANE_VERDICT_RETRY and FAIRLANE_VERDICT_FAIL. Nothing by default.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_delivery_set_error(
    delivery: Option<&mut Delivery>,
    reason: *const c_char,
    reason_length: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let delivery = given("delivery", delivery)?;
        delivery.error = optional_text!(reason, reason_length)?.unwrap_or_default().to_owned();
        Ok(())
    })
}

/// Sets after how many milliseconds the job comes again; for FAIRLANE_VERDICT_RETRY and
/// FAIRLANE_VERDICT_RELEASE. FAIRLANE_NONE, the default, is the job's own backoff, or at once.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_delivery_set_delay(
    delivery: Option<&mut Delivery>,
    delay: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let delivery = given("delivery", delivery)?;
        let delay = optional(delay).map(|delay| convert::span_of_millis("delay", delay));
        delivery.delay = delay.transpose()?;
        Ok(())
    })
}

/// Sets the jobs that are pushed in the step in which the job is done; for FAIRLANE_VERDICT_DONE. NULL
/// is none.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_delivery_set_then(
    delivery: Option<&mut Delivery>,
    jobs: Option<&NewJobs>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("delivery", delivery)?.then = jobs.map_or_else(Vec::new, |jobs| jobs.0.clone());
        Ok(())
    })
}

/// Sets the result that is kept when the job is done, as `fairlane_queue_mark_complete_with` takes it;
/// for FAIRLANE_VERDICT_DONE. None by default.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_delivery_set_result(
    delivery: Option<&mut Delivery>,
    result: *const c_void,
    result_length: usize,
    result_ttl: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let delivery = given("delivery", delivery)?;
        delivery.result = job_result(result_value!(result, result_length)?, result_ttl)?;
        Ok(())
    })
}

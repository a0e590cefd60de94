//! Results: what jobs leave behind.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;

use fairlane::clock::Millis;
use fairlane::{DEFAULT_RESULT_TTL, JobResult, Result, convert, given as joined};

use crate::boundary::boundary;
use crate::bytes::{places, result_value, result_values, text, texts};
use crate::error::Error;
use crate::given_bytes::Bytes;
use crate::handle::{given, out};
use crate::interrupt::{Ended, Interrupt};
use crate::new_jobs::NewJobs;
use crate::queue::Queue;
use crate::queue::consume::{clear, parse, put};
use crate::time::optional;

/// Makes the result that a job leaves behind, if it leaves one.
pub fn job_result(value: Option<&[u8]>, result_ttl: i64) -> Result<Option<JobResult>> {
    let ttl = ttl(result_ttl)?;
    Ok(value.map(|value| JobResult { value: value.to_vec(), ttl }))
}

/// Reads for how long results are kept.
fn ttl(given: i64) -> Result<Millis> {
    let ttl = optional(given).unwrap_or(DEFAULT_RESULT_TTL);
    convert::span_of_millis("result_ttl", ttl).map(fairlane::clock::millis)
}

/// Ends a delivery as `fairlane_queue_mark_complete` does, and keeps `result` for
/// `fairlane_queue_result`: for `result_ttl` milliseconds, FAIRLANE_NONE for an hour, 0 for no time.
/// NULL for `result` is no result; a result of length 0 is given by any other pointer. Gives
/// FAIRLANE_PAYLOAD_TOO_LARGE for one that is longer than the queue's `max_payload`.
///
/// Ownership: copies what it is given. Blocking: for one commit, or one round trip to a server.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_mark_complete_with(
    queue: Option<&Queue>,
    token: *const c_char,
    token_length: usize,
    then: Option<&NewJobs>,
    result: *const c_void,
    result_length: usize,
    result_ttl: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let (queue, token) = (given("queue", queue)?, text!(token, token_length)?.parse()?);
        let then = then.map_or_else(Vec::new, |then| then.0.clone());
        let result = job_result(result_value!(result, result_length)?, result_ttl)?;
        queue.core.mark_complete_with(&token, then, result)?;
        Ok(())
    })
}

/// Ends many deliveries as `fairlane_queue_mark_complete_many` does, and keeps their results:
/// `results` and `result_lengths` have one for each token, as `fairlane_queue_mark_complete_with`
/// takes it. `errors` is what `results` is there.
///
/// Ownership: copies what it is given; the caller frees each of `errors`. Blocking: for one commit, or
/// one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_mark_complete_many_with(
    queue: Option<&Queue>,
    tokens: *const *const c_char,
    token_lengths: *const usize,
    count: usize,
    results: *const *const c_void,
    result_lengths: *const usize,
    result_ttl: i64,
    errors: *mut Option<Box<Error>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let errors = clear(places!(errors, count)?);
        let (queue, tokens) = (given("queue", queue)?, texts!(tokens, token_lengths, count)?);
        let values = result_values!(results, result_lengths, count)?;
        let values = values.into_iter().map(|value| value.map(<[u8]>::to_vec)).collect();
        let completions = joined::completions(parse(&tokens)?, values, ttl(result_ttl)?)?;
        put(errors, queue.core.mark_complete_many_with(completions)?);
        Ok(())
    })
}

/// Gives the result of a job, waiting up to `wait` milliseconds for the job to end; NULL, at once, if
/// it has ended and no result of it is kept: none was given, its time is over, or the job was
/// cancelled. Reading a result leaves it where it is. Gives FAIRLANE_JOB_FAILED if the job is dead,
/// FAIRLANE_TIMEOUT if it has not ended, FAIRLANE_INVALID_ARGUMENT if no push gave that id.
///
/// While it waits the thread sleeps; `fairlane_queue_close` ends the wait with FAIRLANE_CLOSED, and
/// `interrupt`, which may be NULL, ends it as if its time were over.
///
/// Ownership: the caller frees the result. Blocking: for up to `wait` milliseconds. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_result(
    queue: Option<&Queue>,
    id: *const c_char,
    id_length: usize,
    wait: i64,
    interrupt: Option<&Interrupt>,
    result: Option<&mut MaybeUninit<Option<Box<Bytes>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let result = out("result", result, None)?;
        let (queue, id) = (given("queue", queue)?, text!(id, id_length)?.parse()?);
        let wait = convert::span_of_millis("wait", wait)?;
        let mut check = || Interrupt::check(interrupt);
        let interval = Interrupt::interval(interrupt);
        let value = match queue.core.result_checked(id, wait, interval, &mut check) {
            Ok(value) => value,
            Err(Ended::Interrupted) => queue.core.result(id, std::time::Duration::ZERO)?,
            Err(Ended::Failed(error)) => return Err(error),
        };
        *result = value.map(|value| Box::new(Bytes(value)));
        Ok(())
    })
}

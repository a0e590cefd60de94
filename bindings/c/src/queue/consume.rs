//! Consuming: pop, and the ways in which a delivery ends.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use fairlane::{Result, Token, convert};

use crate::boundary::boundary;
use crate::bytes::{optional_text, places, text, texts};
use crate::error::Error;
use crate::handle::{given, out};
use crate::interrupt::{Ended, Interrupt};
use crate::job::Job;
use crate::new_jobs::NewJobs;
use crate::queue::Queue;
use crate::time::optional;

impl Queue {
    fn deliver(
        &self,
        count: usize,
        wait: i64,
        lease: i64,
        interrupt: Option<&Interrupt>,
    ) -> Result<Vec<fairlane::Job>> {
        let wait = convert::span_of_millis("wait", wait)?;
        let lease = convert::span_of_millis("lease", lease)?;
        let mut check = || Interrupt::check(interrupt);
        let interval = Interrupt::interval(interrupt);
        // Looked at first: who is to stop must not be given another job.
        let jobs =
            check().and_then(|()| self.core.pop_checked(count, wait, lease, interval, &mut check));
        match jobs {
            Ok(jobs) => Ok(jobs),
            Err(Ended::Interrupted) => Ok(Vec::new()),
            Err(Ended::Failed(error)) => Err(error),
        }
    }
}

/// Delivers one job, or NULL if none came within `wait` milliseconds.
///
/// The worker has `lease` milliseconds to end the delivery (complete, release, retry, fail) or to
/// extend it; then the job is delivered again. A lease of 0 means at most once: the job is gone
/// with the pop. While it waits the thread sleeps; `fairlane_queue_close` ends the wait with
/// FAIRLANE_CLOSED, and `interrupt`, which may be NULL, ends it as if its time were over.
///
/// Ownership: the caller frees the job. Blocking: for up to `wait` milliseconds. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_pop(
    queue: Option<&Queue>,
    wait: i64,
    lease: i64,
    interrupt: Option<&Interrupt>,
    job: Option<&mut MaybeUninit<Option<Box<Job>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let job = out("job", job, None)?;
        let mut jobs = given("queue", queue)?.deliver(1, wait, lease, interrupt)?;
        *job = jobs.pop().map(|job| Box::new(Job::from(job)));
        Ok(())
    })
}

/// Delivers up to `n` jobs, 1 to 10,000: as many as there are as soon as there is one. They are put
/// into the array `jobs`, which must have room for `n`, and `count` tells how many they are.
///
/// Ownership: the caller frees each job. Blocking: for up to `wait` milliseconds. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_pop_many(
    queue: Option<&Queue>,
    n: usize,
    wait: i64,
    lease: i64,
    interrupt: Option<&Interrupt>,
    jobs: *mut Option<Box<Job>>,
    count: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let count = out("count", count, 0)?;
        let places = given("jobs", places!(jobs, n)?)?;
        let delivered = given("queue", queue)?.deliver(n, wait, lease, interrupt)?;
        for (place, job) in places.iter_mut().zip(delivered) {
            place.write(Some(Box::new(Job::from(job))));
            *count += 1;
        }
        Ok(())
    })
}

/// Ends a delivery: the job is done. The jobs of `then`, which may be NULL, are pushed in the same
/// step. Gives FAIRLANE_STALE_TOKEN if the delivery has lapsed or has ended, and what
/// `fairlane_queue_push_many` gives: then nothing was changed.
///
/// Ownership: copies what it is given. Blocking: for one commit, or one round trip to a server.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_mark_complete(
    queue: Option<&Queue>,
    token: *const c_char,
    token_length: usize,
    then: Option<&NewJobs>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let (queue, token) = (given("queue", queue)?, text!(token, token_length)?.parse()?);
        let then = then.map_or_else(Vec::new, |then| then.0.clone());
        queue.core.mark_complete_then(&token, then)?;
        Ok(())
    })
}

/// Ends many deliveries, each by itself, in one step. `token_lengths` may be NULL if each token
/// ends with a NUL. `results`, which may be NULL, must have room for `count` errors: each becomes
/// NULL, or the error that `fairlane_queue_mark_complete` would have given.
///
/// Ownership: the caller frees each of `results`. Blocking: for one commit, or one round trip to a
/// server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_mark_complete_many(
    queue: Option<&Queue>,
    tokens: *const *const c_char,
    token_lengths: *const usize,
    count: usize,
    results: *mut Option<Box<Error>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let results = clear(places!(results, count)?);
        let (queue, tokens) = (given("queue", queue)?, texts!(tokens, token_lengths, count)?);
        put(results, queue.core.mark_complete_many(&parse(&tokens)?)?);
        Ok(())
    })
}

/// Gives a job back untried: to the front of its lane, or after `delay` milliseconds. Gives
/// FAIRLANE_STALE_TOKEN.
///
/// Ownership: none. Blocking: for one commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_release(
    queue: Option<&Queue>,
    token: *const c_char,
    token_length: usize,
    delay: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let (queue, token) = (given("queue", queue)?, text!(token, token_length)?.parse()?);
        queue.core.release(&token, convert::span_of_millis("delay", delay)?)?;
        Ok(())
    })
}

/// Ends a failed try: the job comes again after `delay` milliseconds, or after its own backoff
/// (FAIRLANE_NONE); it is dead if its tries are spent. `reason`, which may be NULL, is kept with
/// the job, up to 4,096 bytes. Gives FAIRLANE_STALE_TOKEN.
///
/// Ownership: copies what it is given. Blocking: for one commit, or one round trip to a server.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_retry(
    queue: Option<&Queue>,
    token: *const c_char,
    token_length: usize,
    reason: *const c_char,
    reason_length: usize,
    delay: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let (queue, token) = (given("queue", queue)?, text!(token, token_length)?.parse()?);
        let reason = optional_text!(reason, reason_length)?.unwrap_or_default();
        let delay =
            optional(delay).map(|delay| convert::span_of_millis("delay", delay)).transpose()?;
        queue.core.retry(&token, reason, delay)?;
        Ok(())
    })
}

/// Ends a try that failed for good: the job is dead, whatever tries it had left. `reason` is that
/// of `fairlane_queue_retry`. Gives FAIRLANE_STALE_TOKEN.
///
/// Ownership: copies what it is given. Blocking: for one commit, or one round trip to a server.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_fail(
    queue: Option<&Queue>,
    token: *const c_char,
    token_length: usize,
    reason: *const c_char,
    reason_length: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let (queue, token) = (given("queue", queue)?, text!(token, token_length)?.parse()?);
        let reason = optional_text!(reason, reason_length)?.unwrap_or_default();
        queue.core.fail(&token, reason)?;
        Ok(())
    })
}

/// Makes a lease last `lease` milliseconds from now. Gives FAIRLANE_STALE_TOKEN if the delivery has
/// lapsed or has ended.
///
/// Ownership: none. Blocking: for one commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_extend(
    queue: Option<&Queue>,
    token: *const c_char,
    token_length: usize,
    lease: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let (queue, token) = (given("queue", queue)?, text!(token, token_length)?.parse()?);
        queue.core.extend(&token, convert::span_of_millis("lease", lease)?)?;
        Ok(())
    })
}

/// Makes many leases last `lease` milliseconds from now, each by itself, in one step. The arrays
/// are those of `fairlane_queue_mark_complete_many`.
///
/// Ownership: the caller frees each of `results`. Blocking: for one commit, or one round trip to a
/// server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_extend_many(
    queue: Option<&Queue>,
    tokens: *const *const c_char,
    token_lengths: *const usize,
    count: usize,
    lease: i64,
    results: *mut Option<Box<Error>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let results = clear(places!(results, count)?);
        let (queue, tokens) = (given("queue", queue)?, texts!(tokens, token_lengths, count)?);
        let lease = convert::span_of_millis("lease", lease)?;
        put(results, queue.core.extend_many(&parse(&tokens)?, lease)?);
        Ok(())
    })
}

/// Reads tokens.
pub fn parse(tokens: &[&str]) -> Result<Vec<Token>> {
    tokens.iter().map(|token| token.parse()).collect()
}

/// Where errors are put, if they are wanted.
pub type ErrorPlaces<'a> = Option<&'a mut [MaybeUninit<Option<Box<Error>>>]>;

/// Sets all results to NULL until they are known.
pub fn clear(mut places: ErrorPlaces<'_>) -> ErrorPlaces<'_> {
    for place in places.iter_mut().flat_map(|places| places.iter_mut()) {
        place.write(None);
    }
    places
}

/// Puts the errors of those that failed.
pub fn put(places: ErrorPlaces<'_>, results: Vec<Result<()>>) {
    for (place, result) in places.into_iter().flatten().zip(results) {
        place.write(result.err().map(|error| Box::new(Error::from(error))));
    }
}

//! The settings of a job to push.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use fairlane::{BackoffPolicy, Headers, JobId, NewJob, Result, given as two_ways};

use crate::boundary::boundary;
use crate::bytes::{optional_text, text};
use crate::error::Error;
use crate::handle::{free, given};
use crate::time::optional;

/// The settings of a job to push, all but its payload and its lane. They may serve for any number of
/// pushes. What they say is checked by the push. Free them with `fairlane_push_options_free`.
pub struct PushOptions {
    priority: i64,
    tps: Option<i64>,
    rate: Option<(i64, i64)>,
    delay: Option<i64>,
    at: Option<i64>,
    cost: i64,
    key: Option<String>,
    key_ttl: i64,
    max_tries: i64,
    backoff: Option<BackoffPolicy>,
    after: Option<JobId>,
    headers: Headers,
}

impl PushOptions {
    const DEFAULT: Self = Self {
        priority: fairlane::DEFAULT_PRIORITY,
        tps: None,
        rate: None,
        delay: None,
        at: None,
        cost: 1,
        key: None,
        key_ttl: 0,
        max_tries: fairlane::DEFAULT_MAX_TRIES,
        backoff: None,
        after: None,
        headers: Headers::new(),
    };

    /// Makes a job of these settings, or of the defaults. Ranges are left to the core.
    pub fn job(options: Option<&Self>, payload: &[u8], lane: Option<&str>) -> Result<NewJob> {
        static DEFAULT: PushOptions = PushOptions::DEFAULT;
        let options = options.unwrap_or(&DEFAULT);
        Ok(NewJob {
            payload: payload.to_vec(),
            lane: lane.unwrap_or(fairlane::DEFAULT_LANE).to_owned(),
            priority: options.priority,
            rate: two_ways::rate(options.tps, options.rate)?,
            due: two_ways::due(options.delay, options.at)?,
            cost: options.cost,
            key: two_ways::key(options.key.clone(), options.key_ttl)?,
            max_tries: options.max_tries,
            backoff: options.backoff,
            after: options.after,
            headers: options.headers.clone(),
        })
    }
}

/// Makes options that are all at their defaults.
///
/// Ownership: the caller frees them. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_push_options_new() -> Option<Box<PushOptions>> {
    boundary!(Some(Box::new(PushOptions::DEFAULT)))
}

/// Sets the priority, 0 to 9, higher first within the lane; FAIRLANE_DEFAULT_PRIORITY by default.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_push_options_set_priority(
    options: Option<&mut PushOptions>,
    priority: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.priority = priority;
        Ok(())
    })
}

/// Sets the lane's limit with the push: in any second at most so many jobs start. 0 lifts it;
/// FAIRLANE_NONE, the default, leaves it as it is.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_push_options_set_tps(
    options: Option<&mut PushOptions>,
    tps: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.tps = optional(tps);
        Ok(())
    })
}

/// Sets the lane's limit with the push: in any window of so many milliseconds at most so many jobs
/// start. A count of 0 lifts it, one of FAIRLANE_NONE, the default, leaves it as it is. Not
/// together with a tps.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_push_options_set_rate(
    options: Option<&mut PushOptions>,
    count: i64,
    window: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.rate = optional(count).map(|count| (count, window));
        Ok(())
    })
}

/// Sets for how long the job is held back; FAIRLANE_NONE, the default, not at all.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_push_options_set_delay(
    options: Option<&mut PushOptions>,
    milliseconds: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.delay = optional(milliseconds);
        Ok(())
    })
}

/// Sets the moment from which the job may start, in milliseconds since the Unix epoch;
/// FAIRLANE_NONE, the default, is at once. Not together with a delay.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_push_options_set_at(
    options: Option<&mut PushOptions>,
    moment: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.at = optional(moment);
        Ok(())
    })
}

/// Sets how many starts the job counts as; 1 by default.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_push_options_set_cost(
    options: Option<&mut PushOptions>,
    cost: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.cost = cost;
        Ok(())
    })
}

/// Sets the key: while a job of that key is queued or running, and until its time to live has
/// passed, a further push makes no job and gives the id of the first. NULL, the default, is no key.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_push_options_set_key(
    options: Option<&mut PushOptions>,
    key: *const c_char,
    key_length: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let options = given("options", options)?;
        options.key = optional_text!(key, key_length)?.map(str::to_owned);
        Ok(())
    })
}

/// Sets how long from the push the key stays taken even if the job ends before; 0 by default.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_push_options_set_key_ttl(
    options: Option<&mut PushOptions>,
    milliseconds: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.key_ttl = milliseconds;
        Ok(())
    })
}

/// Sets how often the job is tried before it is dead; FAIRLANE_DEFAULT_MAX_TRIES by default, -1 for
/// ever.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_push_options_set_max_tries(
    options: Option<&mut PushOptions>,
    max_tries: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.max_tries = max_tries;
        Ok(())
    })
}

/// Sets how long a retry waits: `min * factor^failures`, at most `max` milliseconds; with jitter
/// drawn evenly between `min` and that value. By default 1,000, 600,000, 2 and true. A `min` of
/// FAIRLANE_NONE takes the policy away again.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_push_options_set_backoff(
    options: Option<&mut PushOptions>,
    min: i64,
    max: i64,
    factor: f64,
    jitter: bool,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let options = given("options", options)?;
        options.backoff = optional(min).map(|min| BackoffPolicy { min, max, factor, jitter });
        Ok(())
    })
}

/// Sets the id of a job that must complete first; NULL, the default, is none.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_push_options_set_after(
    options: Option<&mut PushOptions>,
    id: *const c_char,
    id_length: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let options = given("options", options)?;
        options.after = optional_text!(id, id_length)?.map(str::parse).transpose()?;
        Ok(())
    })
}

/// Sets a header: a text that travels with the job by that name. NULL for the value takes it away.
///
/// Ownership: copies what it is given. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_push_options_set_header(
    options: Option<&mut PushOptions>,
    name: *const c_char,
    name_length: usize,
    value: *const c_char,
    value_length: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let options = given("options", options)?;
        let name = text!(name, name_length)?;
        match optional_text!(value, value_length)? {
            Some(value) => options.headers.insert(name.to_owned(), value.to_owned()),
            None => options.headers.remove(name),
        };
        Ok(())
    })
}

/// Frees options and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the options. Blocking: never. Threads: one, the last to use the options.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_push_options_free(options: Option<&mut Option<Box<PushOptions>>>) {
    boundary!(free(options));
}

//! Schedules.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;

use fairlane::schedule::{DEFAULT_TIMEZONE, timing};
use fairlane::{CatchUp, Schedule};

use crate::boundary::boundary;
use crate::bytes::{optional_text, payload, text};
use crate::error::Error;
use crate::handle::{given, out};
use crate::push_options::PushOptions;
use crate::queue::Queue;
use crate::schedule_info::{ScheduleInfo, ScheduleInfoList};
use crate::time::optional;

/// Pushes a job at every tick of a schedule, from now on and until `fairlane_queue_unschedule`. The
/// schedule is kept in the store. One of the same name is replaced; if nothing differs it stays as it
/// is, so that every process of a program may call this when it starts. Each tick is pushed once, by
/// whichever process pops, waits for a job or sweeps first when it comes.
///
/// Either `cron` says when it ticks (minute, hour, day of month, month, day of week; seconds before that
/// if there are six fields; or a name such as "@daily"), by the clock of `timezone`, such as
/// "Europe/Berlin"; NULL is "UTC". Or `every` does, so many milliseconds from tick to tick;
/// FAIRLANE_NONE if `cron` is given. `catch_up` says what becomes of ticks at which no process was there:
/// "one" push for all of them, which NULL is too; "skip"; or "all": one each, at most 1000.
///
/// NULL for `lane` is FAIRLANE_DEFAULT_LANE, NULL for `options` all defaults. With a key, a tick pushes
/// nothing while a job of an earlier one is queued or running. Options with a limit, a delay, a moment
/// or a parent are not accepted. Gives FAIRLANE_INVALID_ARGUMENT, FAIRLANE_PAYLOAD_TOO_LARGE.
///
/// Ownership: copies what it is given. Blocking: for two commits, or two round trips to a server.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_schedule(
    queue: Option<&Queue>,
    name: *const c_char,
    name_length: usize,
    payload: *const c_void,
    payload_length: usize,
    lane: *const c_char,
    lane_length: usize,
    cron: *const c_char,
    cron_length: usize,
    every: i64,
    timezone: *const c_char,
    timezone_length: usize,
    catch_up: *const c_char,
    catch_up_length: usize,
    options: Option<&PushOptions>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let queue = given("queue", queue)?;
        let name = text!(name, name_length)?;
        let payload = payload!(payload, payload_length, queue.max_payload)?;
        let lane = optional_text!(lane, lane_length)?;
        let cron = optional_text!(cron, cron_length)?;
        let timezone = optional_text!(timezone, timezone_length)?;
        let catch_up = optional_text!(catch_up, catch_up_length)?;
        let timing = timing(cron, optional(every), timezone.unwrap_or(DEFAULT_TIMEZONE))?;
        let schedule = Schedule::new(name, timing, PushOptions::job(options, payload, lane)?);
        let catch_up = catch_up.map_or(Ok(CatchUp::One), str::parse)?;
        queue.core.schedule(schedule.catch_up(catch_up))?;
        Ok(())
    })
}

/// Ends a schedule; `found`, which may be NULL, tells whether there was one. Jobs that it has pushed
/// stay.
///
/// Ownership: none. Blocking: for one commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_unschedule(
    queue: Option<&Queue>,
    name: *const c_char,
    name_length: usize,
    found: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let found = found.map(|found| found.write(false));
        let has_ended = given("queue", queue)?.core.unschedule(text!(name, name_length)?)?;
        if let Some(found) = found {
            *found = has_ended;
        }
        Ok(())
    })
}

/// Lists the schedules by name.
///
/// Ownership: the caller frees the list. Blocking: for one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_schedules(
    queue: Option<&Queue>,
    schedules: Option<&mut MaybeUninit<Option<Box<ScheduleInfoList>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let schedules = out("schedules", schedules, None)?;
        let found = given("queue", queue)?.core.schedules()?.into_iter();
        *schedules = Some(Box::new(ScheduleInfoList(found.map(ScheduleInfo::from).collect())));
        Ok(())
    })
}

//! A schedule, looked at.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;

use fairlane::Timing;

use crate::boundary::boundary;
use crate::handle::free;
use crate::text::{Text, show, show_bytes};
use crate::time::moment;

/// A schedule, looked at. It goes with its list, or is freed with `fairlane_schedule_info_free`.
pub struct ScheduleInfo {
    name: Text,
    lane: Text,
    payload: Vec<u8>,
    cron: Option<Text>,
    every: Option<i64>,
    timezone: Option<Text>,
    catch_up: Text,
    next_at: i64,
    last_at: Option<i64>,
}

impl From<fairlane::ScheduleInfo> for ScheduleInfo {
    fn from(info: fairlane::ScheduleInfo) -> Self {
        let schedule = info.schedule;
        let (cron, timezone, every) = match schedule.timing {
            Timing::Cron { expression, timezone } => (Some(expression), Some(timezone), None),
            Timing::Every(interval) => (None, None, Some(interval)),
        };
        Self {
            name: Text::from(schedule.name),
            lane: Text::from(schedule.job.lane),
            payload: schedule.job.payload,
            cron: cron.map(Text::from),
            every,
            timezone: timezone.map(Text::from),
            catch_up: Text::from(schedule.catch_up.name().to_owned()),
            next_at: info.next_at,
            last_at: info.last_at,
        }
    }
}

/// Gives the schedule's name. It may hold NULs: its length tells.
///
/// Ownership: the info keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_schedule_info_name(
    info: Option<&ScheduleInfo>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(info.map(|info| &info.name), length))
}

/// Gives the lane of its jobs. It may hold NULs: its length tells.
///
/// Ownership: the info keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_schedule_info_lane(
    info: Option<&ScheduleInfo>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(info.map(|info| &info.lane), length))
}

/// Gives the bytes that the worker gets; NULL if there are none.
///
/// Ownership: the info keeps the bytes. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_schedule_info_payload(
    info: Option<&ScheduleInfo>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_void {
    boundary!(show_bytes(info.map_or(&[], |info| &info.payload), length))
}

/// Tells when it ticks by the calendar; NULL if it does not.
///
/// Ownership: the info keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_schedule_info_cron(
    info: Option<&ScheduleInfo>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(info.and_then(|info| info.cron.as_ref()), length))
}

/// Gives the milliseconds from tick to tick; FAIRLANE_NONE if it ticks by the calendar.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_schedule_info_every(info: Option<&ScheduleInfo>) -> i64 {
    boundary!(moment(info.and_then(|info| info.every)))
}

/// Tells whose clock the calendar goes by; NULL if it does not tick by the calendar.
///
/// Ownership: the info keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_schedule_info_timezone(
    info: Option<&ScheduleInfo>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(info.and_then(|info| info.timezone.as_ref()), length))
}

/// Tells what becomes of missed ticks: "one", "skip" or "all".
///
/// Ownership: the info keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_schedule_info_catch_up(
    info: Option<&ScheduleInfo>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(info.map(|info| &info.catch_up), length))
}

/// Gives the moment of its next tick; FAIRLANE_NONE for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_schedule_info_next_at(info: Option<&ScheduleInfo>) -> i64 {
    boundary!(moment(info.map(|info| info.next_at)))
}

/// Gives the moment of its latest tick; FAIRLANE_NONE if there was none.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_schedule_info_last_at(info: Option<&ScheduleInfo>) -> i64 {
    boundary!(moment(info.and_then(|info| info.last_at)))
}

/// Frees an info and sets the variable to NULL; NULL is harmless. Not for one that belongs to a
/// list.
///
/// Ownership: takes the info. Blocking: never. Threads: one, the last to use the info.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_schedule_info_free(info: Option<&mut Option<Box<ScheduleInfo>>>) {
    boundary!(free(info));
}

/// The schedules that `fairlane_queue_schedules` found, by name.
pub struct ScheduleInfoList(pub Vec<ScheduleInfo>);

/// Gives the number of items of a list; 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_schedule_info_list_count(list: Option<&ScheduleInfoList>) -> usize {
    boundary!(list.map_or(0, |list| list.0.len()))
}

/// Gives an item of a list, the first at 0; NULL beyond the last one.
///
/// Ownership: the list keeps the item. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_schedule_info_list_at(
    list: Option<&ScheduleInfoList>,
    index: usize,
) -> Option<&ScheduleInfo> {
    boundary!(list.and_then(|list| list.0.get(index)))
}

/// Frees a list and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the list. Blocking: never. Threads: one, the last to use the list.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_schedule_info_list_free(
    list: Option<&mut Option<Box<ScheduleInfoList>>>,
) {
    boundary!(free(list));
}

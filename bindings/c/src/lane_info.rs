//! A lane, looked at.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::LazyLock;

use fairlane::LaneState;

use crate::boundary::boundary;
use crate::counts::Counts;
use crate::handle::free;
use crate::limits::Limits;
use crate::text::{Text, numbered, show, texts};
use crate::time::moment;

/// The lane has a job that may start now.
pub const FAIRLANE_LANE_READY: i32 = 1;
/// The lane has no ready job.
pub const FAIRLANE_LANE_EMPTY: i32 = 2;
/// The lane is paused.
pub const FAIRLANE_LANE_PAUSED: i32 = 3;
/// The lane has `max_in_flight` jobs in flight.
pub const FAIRLANE_LANE_CAPPED: i32 = 4;
/// The lane waits for its rate, or for the end of a throttle.
pub const FAIRLANE_LANE_THROTTLED: i32 = 5;

/// The states, in the order of their numbers.
const STATES: [LaneState; 5] = [
    LaneState::Ready,
    LaneState::Empty,
    LaneState::Paused,
    LaneState::Capped,
    LaneState::Throttled,
];

static NAMES: LazyLock<Vec<Text>> = LazyLock::new(|| texts(STATES.map(LaneState::name)));

/// A lane, looked at. Free one that `fairlane_queue_lane` gave with `fairlane_lane_info_free`; those
/// of a list go with the list.
pub struct LaneInfo {
    name: Text,
    state: LaneState,
    counts: Counts,
    limits: Limits,
    paused: bool,
    wakes_at: Option<i64>,
}

impl From<fairlane::LaneInfo> for LaneInfo {
    fn from(lane: fairlane::LaneInfo) -> Self {
        Self {
            name: Text::from(lane.name),
            state: lane.state,
            counts: Counts(lane.counts),
            limits: Limits(lane.limits),
            paused: lane.paused,
            wakes_at: lane.wakes_at,
        }
    }
}

/// Gives the lane's name. It may hold NULs: its length tells.
///
/// Ownership: the info keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_lane_info_name(
    info: Option<&LaneInfo>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(info.map(|info| &info.name), length))
}

/// Tells why the lane is served or not: FAIRLANE_LANE_READY and its kin; 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_lane_info_state(info: Option<&LaneInfo>) -> i32 {
    boundary!(info.map_or(0, |info| match info.state {
        LaneState::Ready => FAIRLANE_LANE_READY,
        LaneState::Empty => FAIRLANE_LANE_EMPTY,
        LaneState::Paused => FAIRLANE_LANE_PAUSED,
        LaneState::Capped => FAIRLANE_LANE_CAPPED,
        LaneState::Throttled => FAIRLANE_LANE_THROTTLED,
    }))
}

/// Gives the name of a state of a lane, the same in every language, such as "ready"; NULL for a number
/// that is none.
///
/// Ownership: the text is a constant. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_lane_state_name(
    state: i32,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(numbered(&NAMES, state), length))
}

/// Gives how many jobs of the lane stand where.
///
/// Ownership: the info keeps the counts. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_lane_info_counts(info: Option<&LaneInfo>) -> Option<&Counts> {
    boundary!(info.map(|info| &info.counts))
}

/// Gives the limits in force.
///
/// Ownership: the info keeps the limits. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_lane_info_limits(info: Option<&LaneInfo>) -> Option<&Limits> {
    boundary!(info.map(|info| &info.limits))
}

/// Tells whether the lane is paused.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_lane_info_paused(info: Option<&LaneInfo>) -> bool {
    boundary!(info.is_some_and(|info| info.paused))
}

/// Gives the moment when a throttled lane may start its next job; FAIRLANE_NONE for others.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_lane_info_wakes_at(info: Option<&LaneInfo>) -> i64 {
    boundary!(moment(info.and_then(|info| info.wakes_at)))
}

/// Frees an info and sets the variable to NULL; NULL is harmless. Not for one that belongs to a
/// list.
///
/// Ownership: takes the info. Blocking: never. Threads: one, the last to use the info.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_lane_info_free(info: Option<&mut Option<Box<LaneInfo>>>) {
    boundary!(free(info));
}

/// The lanes that `fairlane_queue_lanes` found, by name.
pub struct LaneInfoList(pub Vec<LaneInfo>);

/// Gives the number of items of a list; 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_lane_info_list_count(list: Option<&LaneInfoList>) -> usize {
    boundary!(list.map_or(0, |list| list.0.len()))
}

/// Gives an item of a list, the first at 0; NULL beyond the last one.
///
/// Ownership: the list keeps the item. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_lane_info_list_at(
    list: Option<&LaneInfoList>,
    index: usize,
) -> Option<&LaneInfo> {
    boundary!(list.and_then(|list| list.0.get(index)))
}

/// Frees a list and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the list. Blocking: never. Threads: one, the last to use the list.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_lane_info_list_free(list: Option<&mut Option<Box<LaneInfoList>>>) {
    boundary!(free(list));
}

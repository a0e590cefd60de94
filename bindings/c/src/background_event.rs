//! What happens in a background processor, as an observer is told.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::time::Duration;

use fairlane::background::Event;

use crate::boundary::boundary;
use crate::error::Error;
use crate::text::{Text, show};

/// The function is called.
pub const FAIRLANE_BACKGROUND_STARTED: i32 = 1;
/// The function has returned 0.
pub const FAIRLANE_BACKGROUND_DONE: i32 = 2;
/// The function has returned another number.
pub const FAIRLANE_BACKGROUND_FAILED: i32 = 3;
/// The processor was closed before the function was called.
pub const FAIRLANE_BACKGROUND_DROPPED: i32 = 4;
/// The key is no more held for its work: after a bump, or because the store was away.
pub const FAIRLANE_BACKGROUND_LOST: i32 = 5;
/// The store could not serve.
pub const FAIRLANE_BACKGROUND_TROUBLE: i32 = 6;

/// Something that happened in a background processor. It is there as long as the observer is called.
pub struct BackgroundEvent {
    kind: i32,
    key: Option<Text>,
    took: Duration,
    reason: Option<Text>,
    error: Option<Error>,
}

impl BackgroundEvent {
    /// Makes what an observer is given; nothing for what this release does not know.
    pub fn of(event: &Event<'_>) -> Option<Self> {
        let text = |text: &str| Some(Text::from(text.to_owned()));
        let of = |kind: i32, key: &str| Self {
            kind,
            key: text(key),
            took: Duration::ZERO,
            reason: None,
            error: None,
        };
        Some(match event {
            Event::Started { key } => of(FAIRLANE_BACKGROUND_STARTED, key),
            Event::Done { key, took } => Self { took: *took, ..of(FAIRLANE_BACKGROUND_DONE, key) },
            Event::Failed { key, took, error } => {
                Self { took: *took, reason: text(error), ..of(FAIRLANE_BACKGROUND_FAILED, key) }
            }
            Event::Dropped { key } => of(FAIRLANE_BACKGROUND_DROPPED, key),
            Event::Lost { key } => of(FAIRLANE_BACKGROUND_LOST, key),
            Event::Trouble { error } => Self {
                kind: FAIRLANE_BACKGROUND_TROUBLE,
                key: None,
                took: Duration::ZERO,
                reason: None,
                error: Some(Error::from((*error).clone())),
            },
            _ => return None,
        })
    }
}

/// Tells what happened: FAIRLANE_BACKGROUND_STARTED and its kin; 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_event_kind(event: Option<&BackgroundEvent>) -> i32 {
    boundary!(event.map_or(0, |event| event.kind))
}

/// Gives the key; NULL for FAIRLANE_BACKGROUND_TROUBLE.
///
/// Ownership: the event keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_event_key(
    event: Option<&BackgroundEvent>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(event.and_then(|event| event.key.as_ref()), length))
}

/// Gives how many milliseconds the function took, with their fraction; 0 if it has not ended.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_event_took(event: Option<&BackgroundEvent>) -> f64 {
    boundary!(event.map_or(0.0, |event| event.took.as_secs_f64() * 1e3))
}

/// Gives why the work failed; NULL if it did not.
///
/// Ownership: the event keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_event_reason(
    event: Option<&BackgroundEvent>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(event.and_then(|event| event.reason.as_ref()), length))
}

/// Gives the error of FAIRLANE_BACKGROUND_TROUBLE; NULL for others.
///
/// Ownership: the event keeps the error. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_event_error(
    event: Option<&BackgroundEvent>,
) -> Option<&Error> {
    boundary!(event.and_then(|event| event.error.as_ref()))
}

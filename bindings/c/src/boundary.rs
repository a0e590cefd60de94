//! The boundary: every exported function is one `boundary!` and nothing else.
//!
//! It keeps a panic from crossing into C, and turns errors into a status and an error object. A test
//! holds the exported symbols against the functions that are written this way.

use std::any::Any;
use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use fairlane::{ErrorCode, Result};

use crate::error::{Error, FAIRLANE_OK};

/// Runs the body of an exported function.
///
/// `boundary!(error, body)`: the body is a `Result<()>`; the function gives its status and puts the
/// error, or NULL, into the out-parameter `error`. `boundary!(body)`: the function gives what the
/// body gives, and its neutral value if the body panics.
macro_rules! boundary {
    ($error:expr, $body:expr) => {
        $crate::boundary::status($error, || $body)
    };
    ($body:expr) => {
        $crate::boundary::value(|| $body)
    };
}
pub(crate) use boundary;

/// Where a function puts its error.
type ErrorSlot<'a> = Option<&'a mut MaybeUninit<Option<Box<Error>>>>;

/// Gives the status of the work, and its error where one is wanted.
pub fn status(slot: ErrorSlot<'_>, work: impl FnOnce() -> Result<()>) -> i32 {
    let failure = guarded(work).and_then(|done| done).err();
    let status = failure.as_ref().map_or(FAIRLANE_OK, |error| error.code().number());
    if let Some(slot) = slot {
        slot.write(failure.map(|error| Box::new(Error::from(error))));
    }
    status
}

/// Gives the value of the work.
pub fn value<T: Neutral>(work: impl FnOnce() -> T) -> T {
    guarded(work).unwrap_or(T::NEUTRAL)
}

/// What a function gives for a handle that is NULL, and after a panic.
pub trait Neutral {
    /// The value.
    const NEUTRAL: Self;
}

macro_rules! neutral {
    ($($kind:ty = $value:expr),* $(,)?) => {
        $(impl Neutral for $kind { const NEUTRAL: Self = $value; })*
    };
}

neutral! {
    () = (),
    bool = false,
    i32 = 0,
    u32 = 0,
    i64 = 0,
    u64 = 0,
    usize = 0,
    f64 = 0.0,
    *const c_char = ptr::null(),
    *const c_void = ptr::null(),
}

impl<T> Neutral for Option<T> {
    const NEUTRAL: Self = None;
}

fn guarded<T>(work: impl FnOnce() -> T) -> Result<T> {
    // Nothing that a panic may have left half-done is used again: fairlane's own state is behind
    // locks that tell, and what the binding keeps is set by single assignments.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        fairlane::Error::new(
            ErrorCode::Internal,
            format!("defect in fairlane, please report it: {}", panic_text(panic.as_ref())),
        )
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

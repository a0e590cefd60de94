//! The door: every call into fairlane, and every call from JavaScript, goes through here.
//!
//! It keeps a panic from crossing the boundary, where it would end the process.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fairlane::{Error, ErrorCode, Result};

/// Does work that must not unwind: a panic becomes an error of fairlane.
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    // Nothing that a panic may have left half-done is used again: fairlane's own state is behind
    // locks that tell, and the arguments were moved into the call.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(Error::new(
            ErrorCode::Internal,
            format!("defect in fairlane, please report it: {}", panic_text(panic.as_ref())),
        ))
    })
}

/// Does the work of a function that JavaScript calls: what it throws has the code of the error.
pub fn entered<T>(work: impl FnOnce() -> Result<T>) -> napi::Result<T, &'static str> {
    guarded(work).map_err(|error| napi::Error::new(error.code().name(), error.message()))
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

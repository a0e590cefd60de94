//! What the tests of the boundary ask.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::boundary::boundary;
use crate::bytes::text;
use crate::error::Error;

/// Panics behind the boundary, to show that no panic crosses it: gives FAIRLANE_INTERNAL, and the
/// text as a part of the message. For tests.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_panic(
    text: *const c_char,
    text_length: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let text = text!(text, text_length)?;
        panic!("{text}")
    })
}

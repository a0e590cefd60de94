//! Bytes that a call gives, such as the result of a job.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use crate::boundary::boundary;
use crate::handle::free;
use crate::text::show_bytes;

/// Bytes that a call gave. Free them with `fairlane_bytes_free`.
pub struct Bytes(pub Vec<u8>);

/// Gives the bytes, and their number in `length`, which may be NULL; NULL for none and for NULL.
///
/// Ownership: the handle keeps the bytes. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_bytes_data(
    bytes: Option<&Bytes>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_void {
    boundary!(show_bytes(bytes.map_or(&[], |bytes| &bytes.0), length))
}

/// Frees bytes, and sets the variable to NULL. NULL is harmless.
///
/// Ownership: takes the bytes. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_bytes_free(bytes: Option<&mut Option<Box<Bytes>>>) {
    boundary!(free(bytes));
}

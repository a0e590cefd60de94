//! The release of the library.

use std::ffi::{CStr, c_char};

use crate::boundary::boundary;

/// The version of the package, with its NUL.
const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version has no NUL"),
    };

/// Gives the version of the library, such as "1.2.3".
///
/// Ownership: the text is a constant. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_version() -> *const c_char {
    boundary!(VERSION.as_ptr())
}

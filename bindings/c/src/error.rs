//! Errors: a status of every call, and an object that says more.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::LazyLock;

use fairlane::ErrorCode;

use crate::boundary::boundary;
use crate::handle::free;
use crate::text::{Text, show, texts};

/// The status of a call that did what it should.
pub const FAIRLANE_OK: i32 = 0;
/// A value is outside what the function accepts; nothing was changed.
pub const FAIRLANE_INVALID_ARGUMENT: i32 = 1;
/// The token names a delivery that has lapsed or is finished; nothing was changed.
pub const FAIRLANE_STALE_TOKEN: i32 = 2;
/// The lane or the queue already holds `max_waiting` jobs; nothing was changed. Retryable.
pub const FAIRLANE_QUEUE_FULL: i32 = 3;
/// The payload is longer than the queue's `max_payload`; nothing was changed.
pub const FAIRLANE_PAYLOAD_TOO_LARGE: i32 = 4;
/// The queue was closed.
pub const FAIRLANE_CLOSED: i32 = 5;
/// The store stayed busy for longer than `busy_timeout`, or the job unfinished for longer than the
/// caller waits. Retryable.
pub const FAIRLANE_TIMEOUT: i32 = 6;
/// The connection to the store broke before the answer came. Retryable.
pub const FAIRLANE_CONNECTION_LOST: i32 = 7;
/// The store cannot serve now: read-only, loading, full disk, failing disk. Retryable.
pub const FAIRLANE_UNAVAILABLE: i32 = 8;
/// The store's data is not what fairlane wrote.
pub const FAIRLANE_CORRUPT: i32 = 9;
/// The store was written by a newer release.
pub const FAIRLANE_VERSION_MISMATCH: i32 = 10;
/// This build or this store has no such feature.
pub const FAIRLANE_UNSUPPORTED: i32 = 11;
/// A defect in fairlane itself.
pub const FAIRLANE_INTERNAL: i32 = 12;
/// The job whose result was asked for is dead.
pub const FAIRLANE_JOB_FAILED: i32 = 13;

/// The names above, in the order of their numbers, are those of the core.
const _: () = {
    let numbers = [
        FAIRLANE_INVALID_ARGUMENT,
        FAIRLANE_STALE_TOKEN,
        FAIRLANE_QUEUE_FULL,
        FAIRLANE_PAYLOAD_TOO_LARGE,
        FAIRLANE_CLOSED,
        FAIRLANE_TIMEOUT,
        FAIRLANE_CONNECTION_LOST,
        FAIRLANE_UNAVAILABLE,
        FAIRLANE_CORRUPT,
        FAIRLANE_VERSION_MISMATCH,
        FAIRLANE_UNSUPPORTED,
        FAIRLANE_INTERNAL,
        FAIRLANE_JOB_FAILED,
    ];
    assert!(numbers.len() == ErrorCode::ALL.len());
    let mut index = 0;
    while index < numbers.len() {
        assert!(numbers[index] == ErrorCode::ALL[index].number());
        index += 1;
    }
};

static NAMES: LazyLock<Vec<Text>> = LazyLock::new(|| texts(ErrorCode::ALL.map(ErrorCode::name)));

/// Says what went wrong: a number for programs, a sentence for people. Free it with
/// `fairlane_error_free`.
pub struct Error {
    code: ErrorCode,
    message: Text,
}

impl From<fairlane::Error> for Error {
    fn from(error: fairlane::Error) -> Self {
        Self { code: error.code(), message: Text::from(error.message().to_owned()) }
    }
}

/// Gives the number of an error, the status of the call that gave it; FAIRLANE_OK for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_error_code(error: Option<&Error>) -> i32 {
    boundary!(error.map_or(FAIRLANE_OK, |error| error.code.number()))
}

/// Gives the sentence of an error: lower case, it names the thing and the value, then what would be
/// accepted. A password never appears in it. NULL for NULL.
///
/// Ownership: the error keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_error_message(
    error: Option<&Error>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(error.map(|error| &error.message), length))
}

/// Tells whether the same call may succeed later without any change to its arguments.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_error_retryable(error: Option<&Error>) -> bool {
    boundary!(error.is_some_and(|error| error.code.retryable()))
}

/// Frees an error and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the error. Blocking: never. Threads: one, the last to use the error.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_error_free(error: Option<&mut Option<Box<Error>>>) {
    boundary!(free(error));
}

/// Gives the name of a status, the same in every language, such as "StaleToken"; NULL for
/// FAIRLANE_OK and for a number that is none.
///
/// Ownership: the text is a constant. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_status_name(
    status: i32,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!({
        let index = ErrorCode::ALL.iter().position(|code| code.number() == status);
        show(index.map(|index| &NAMES[index]), length)
    })
}

/// Tells whether a call of that status may succeed later without any change to its arguments.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_status_retryable(status: i32) -> bool {
    boundary!({
        let mut codes = ErrorCode::ALL.into_iter();
        codes.find(|code| code.number() == status).is_some_and(ErrorCode::retryable)
    })
}

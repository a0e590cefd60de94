//! How a step inside a transaction ends early.

use std::path::Path;

use rusqlite::ErrorCode as SqliteCode;

use crate::error::{Error, ErrorCode};

/// Why a step stopped: refused by the rules, or broken below.
#[derive(Debug)]
pub(super) enum Stop {
    /// The rules refuse it. Nothing of the verb has been changed: the transaction goes on.
    Refused(Error),
    /// SQLite failed: the transaction must be rolled back.
    Broken(rusqlite::Error),
}

/// The result of a step inside a transaction.
pub(super) type Step<T> = Result<T, Stop>;

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Broken(error)
    }
}

/// Tells whether SQLite says that somebody else holds the file.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(SqliteCode::DatabaseBusy | SqliteCode::DatabaseLocked))
}

/// Tells whether a stored value is not what fairlane wrote: the row's fault, not the file's.
pub(super) fn is_bad_value(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
    )
}

/// Says in fairlane's words what SQLite said.
pub(super) fn explain(path: &Path, error: &rusqlite::Error) -> Error {
    use SqliteCode as Code;
    let (code, what) = match error.sqlite_error_code() {
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => (ErrorCode::Timeout, "is busy"),
        Some(Code::DiskFull) => (ErrorCode::Unavailable, "cannot grow, the disk is full"),
        Some(Code::ReadOnly) => (ErrorCode::Unavailable, "is read-only"),
        Some(Code::SystemIoFailure) => (ErrorCode::Unavailable, "met a disk error"),
        Some(Code::CannotOpen) => (ErrorCode::Unavailable, "cannot be opened"),
        Some(Code::PermissionDenied | Code::AuthorizationForStatementDenied) => {
            (ErrorCode::Unavailable, "may not be used")
        }
        Some(Code::OutOfMemory) => (ErrorCode::Unavailable, "found no memory"),
        Some(Code::NotADatabase) => (ErrorCode::Corrupt, "is not a database"),
        Some(Code::DatabaseCorrupt) => (ErrorCode::Corrupt, "is damaged"),
        Some(Code::TooBig) => (ErrorCode::PayloadTooLarge, "refuses a row of that size"),
        _ if is_bad_value(error) => {
            (ErrorCode::Corrupt, "holds a value that fairlane did not write")
        }
        _ => (ErrorCode::Internal, "failed"),
    };
    Error::new(code, format!("file {} {what}: {error}", path.display()))
}

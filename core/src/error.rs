//! The one list of error codes that serves every host.

use std::fmt;

/// Names what went wrong; every host shows the same names and numbers.
///
/// The numbers are part of the C interface and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// A value is outside what the verb accepts; nothing was changed.
    InvalidArgument = 1,
    /// The token names a delivery that has lapsed or is finished; nothing was changed.
    StaleToken = 2,
    /// The lane or the queue already holds `max_waiting` jobs; nothing was changed.
    QueueFull = 3,
    /// The payload is longer than the queue's `max_payload`; nothing was changed.
    PayloadTooLarge = 4,
    /// The handle was closed.
    Closed = 5,
    /// The store stayed busy, or the job unfinished, for longer than the caller allows.
    Timeout = 6,
    /// The connection to the store broke before the answer came.
    ConnectionLost = 7,
    /// The store cannot serve now: read-only, loading, full disk, failing disk.
    Unavailable = 8,
    /// The store's data is not what fairlane wrote.
    Corrupt = 9,
    /// The store was written by a newer release.
    VersionMismatch = 10,
    /// This build or this store has no such feature.
    Unsupported = 11,
    /// A defect in fairlane itself.
    Internal = 12,
    /// The job whose result was asked for is dead.
    JobFailed = 13,
}

impl ErrorCode {
    /// Lists every code, in the order of their numbers.
    pub const ALL: [ErrorCode; 13] = [
        Self::InvalidArgument,
        Self::StaleToken,
        Self::QueueFull,
        Self::PayloadTooLarge,
        Self::Closed,
        Self::Timeout,
        Self::ConnectionLost,
        Self::Unavailable,
        Self::Corrupt,
        Self::VersionMismatch,
        Self::Unsupported,
        Self::Internal,
        Self::JobFailed,
    ];

    /// Gives the stable name, the same in every host.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidArgument => "InvalidArgument",
            Self::StaleToken => "StaleToken",
            Self::QueueFull => "QueueFull",
            Self::PayloadTooLarge => "PayloadTooLarge",
            Self::Closed => "Closed",
            Self::Timeout => "Timeout",
            Self::ConnectionLost => "ConnectionLost",
            Self::Unavailable => "Unavailable",
            Self::Corrupt => "Corrupt",
            Self::VersionMismatch => "VersionMismatch",
            Self::Unsupported => "Unsupported",
            Self::Internal => "Internal",
            Self::JobFailed => "JobFailed",
        }
    }

    /// Gives the stable number, the status of the C interface.
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// Tells whether the same call may succeed later without any change to its arguments.
    pub const fn retryable(self) -> bool {
        matches!(self, Self::QueueFull | Self::Timeout | Self::ConnectionLost | Self::Unavailable)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Says what went wrong: a code for programs, a sentence for people.
///
/// The sentence is lower case, names the thing and the value, then what would be accepted. A
/// password of a URL never appears in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    code: ErrorCode,
    message: Box<str>,
}

/// The result of every fairlane call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Makes an error from its code and its sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into().into_boxed_str() }
    }

    /// Makes an [`ErrorCode::InvalidArgument`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArgument, message)
    }

    /// Makes the [`ErrorCode::Closed`] of a handle.
    pub fn closed() -> Self {
        Self::new(ErrorCode::Closed, "queue is closed: open it again to go on")
    }

    /// Gives the code.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// Gives the sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Tells whether the same call may succeed later; see [`ErrorCode::retryable`].
    pub fn retryable(&self) -> bool {
        self.code.retryable()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

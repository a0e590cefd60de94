//! How a command ends if it does not end well: an exit code, a stable name, a sentence.

use std::io::{self, Write};

use serde_json::json;

use crate::error::{Error, ErrorCode};

/// Done.
pub(super) const OK: i32 = 0;
/// Failed.
pub(super) const ERROR: i32 = 1;
/// An argument was not accepted; nothing was changed.
pub(super) const USAGE: i32 = 2;
/// There was nothing to do: no job to pop, none of that id.
pub(super) const NOTHING: i32 = 3;

/// Why a command did not do all that it was asked for.
#[derive(Debug)]
pub(super) struct Failure {
    exit: i32,
    code: &'static str,
    /// `None` if everything has been said already, or if nobody listens any more.
    message: Option<String>,
}

impl Failure {
    fn new(exit: i32, code: &'static str, message: impl Into<String>) -> Self {
        Self { exit, code, message: Some(message.into()) }
    }

    /// Makes the failure of a line of arguments that clap alone cannot judge.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, ErrorCode::InvalidArgument.name(), message)
    }

    /// Makes the failure of something outside the queue: input, a command, the system.
    pub(super) fn system(message: impl Into<String>) -> Self {
        Self::new(ERROR, "System", message)
    }

    /// Makes the failure of input that is not what was announced.
    pub(super) fn input(message: impl Into<String>) -> Self {
        Self::new(ERROR, "Input", message)
    }

    /// Makes the end of a command that found nothing to do.
    pub(super) fn nothing(message: impl Into<String>) -> Self {
        Self::new(NOTHING, "Nothing", message)
    }

    /// Ends with that exit code and says no more.
    pub(super) fn silent(exit: i32) -> Self {
        Self { exit, code: "", message: None }
    }

    /// Says what else is to be known, behind why.
    pub(super) fn followed_by(mut self, more: &str) -> Self {
        self.message = self.message.map(|message| format!("{message}; {more}"));
        self
    }

    /// Tells it on standard error and gives the exit code.
    pub(super) fn report(&self, json: bool) -> i32 {
        if let Some(message) = &self.message {
            let line = if json {
                json!({ "error": { "code": self.code, "message": message } }).to_string()
            } else {
                format!("fairlane: {message}")
            };
            // There is no place left to complain if standard error is gone.
            let _ = writeln!(io::stderr(), "{line}");
        }
        self.exit
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = if error.code() == ErrorCode::InvalidArgument { USAGE } else { ERROR };
        Self::new(exit, error.code().name(), error.message())
    }
}

/// Takes an error of standard output: a reader that has gone away is no failure.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::silent(OK);
        }
        Self::system(format!("cannot write the answer: {error}"))
    }
}

//! How a call of the function ended.

use std::fmt::Display;

/// What the function gives back, or is converted from what it gives back: `()` and `Ok(())` are
/// fine, any error is told to the observer and the log, and changes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It went well.
    Done,
    /// It failed.
    Failed {
        /// Why.
        error: String,
    },
}

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::Done
    }
}

impl<E: Display> From<Result<(), E>> for Outcome {
    fn from(result: Result<(), E>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(error) => Self::Failed { error: error.to_string() },
        }
    }
}

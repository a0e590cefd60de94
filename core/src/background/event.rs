//! What happens in a background processor, as an observer is told.

use std::time::Duration;

use crate::error::Error;

/// Something that happened in a background processor.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The function is called.
    Started {
        /// The key.
        key: &'a str,
    },
    /// The function has returned.
    Done {
        /// The key.
        key: &'a str,
        /// How long it took.
        took: Duration,
    },
    /// The function has failed or panicked.
    Failed {
        /// The key.
        key: &'a str,
        /// How long it took.
        took: Duration,
        /// Why.
        error: &'a str,
    },
    /// The processor was closed before the function was called.
    Dropped {
        /// The key.
        key: &'a str,
    },
    /// The key is no more held for its work, and others may work on it: after a bump, or because the
    /// store was away, for longer than the lease or while it was scheduled and another took it.
    Lost {
        /// The key.
        key: &'a str,
    },
    /// The store could not serve.
    Trouble {
        /// What it said.
        error: &'a Error,
    },
}

impl Event<'_> {
    pub(super) fn log(&self) {
        match self {
            Self::Started { key } => log::debug!("background work on {key:?} begins"),
            Self::Done { key, took } => log::debug!("background work on {key:?} took {took:?}"),
            Self::Failed { key, error, .. } => {
                log::warn!("background work on {key:?} failed: {error}");
            }
            Self::Dropped { key } => log::debug!("background work on {key:?} is dropped"),
            Self::Lost { key } => log::debug!("background work has lost the key {key:?}"),
            Self::Trouble { error } => {
                log::warn!("background work: store cannot serve: {error}");
            }
        }
    }
}

//! How a handler learns that it need not go on.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::lock::lock;

/// Why a handler need not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The worker stops: to finish is fine, to give the job back is quicker.
    Stopping,
    /// The handler took longer than its timeout: the try counts as failed already.
    TimedOut,
    /// The delivery lapsed or the job was cancelled: nothing that the handler does counts any more.
    Lost,
}

impl Reason {
    /// Gives the name that every host shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stopping => "stopping",
            Self::TimedOut => "timed out",
            Self::Lost => "lost",
        }
    }
}

/// Tells a handler when it need not go on; cheap to clone and to look at.
#[derive(Debug, Clone, Default)]
pub struct Signal(Arc<State>);

#[derive(Debug, Default)]
struct State {
    reason: Mutex<Option<Reason>>,
    raised: Condvar,
}

impl Signal {
    /// Gives the reason, if there is one.
    pub fn reason(&self) -> Option<Reason> {
        *lock(&self.0.reason)
    }

    /// Sleeps for `timeout`, or until there is a reason not to go on.
    pub fn wait(&self, timeout: Duration) -> Option<Reason> {
        let reason = lock(&self.0.reason);
        let wait = self.0.raised.wait_timeout_while(reason, timeout, |reason| reason.is_none());
        *wait.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Raises the signal; a graver reason replaces a lesser one.
    pub(super) fn raise(&self, reason: Reason) {
        let mut current = lock(&self.0.reason);
        *current = (*current).max(Some(reason));
        self.0.raised.notify_all();
    }
}

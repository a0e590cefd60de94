//! The end of a handle, seen by everything that waits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// The longest that anything waits before it looks whether the handle was closed. Local time: it
/// costs no traffic.
pub(super) const SLICE: Duration = Duration::from_millis(100);

/// Whether the handle was closed.
///
/// A flag that is looked at, not a condition variable: a fork may find the latter locked for ever.
#[derive(Debug, Default)]
pub(super) struct Closing(AtomicBool);

impl Closing {
    pub(super) fn close(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Gives `Closed` once the handle is closed.
    pub(super) fn check(&self) -> Result<()> {
        if self.0.load(Ordering::SeqCst) { Err(Error::closed()) } else { Ok(()) }
    }

    /// Sleeps until `end`, or until the handle is closed.
    pub(super) fn sleep_until(&self, end: Instant) -> Result<()> {
        loop {
            self.check()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(SLICE));
        }
    }
}

//! Waits for what servers show, and no event tells of.

use std::time::{Duration, Instant};

/// How long servers may take to start, to agree, and to come to what a test waits for; far more than
/// they need.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until something holds.
///
/// # Panics
/// If it does not come to hold.
pub fn await_that(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

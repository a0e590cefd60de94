//! Ends deliveries at a store that comes and goes.

use std::time::Duration;

use crate::backoff::{Backoff, BackoffPolicy};
use crate::error::{Error, Result};

/// Calls again while the store cannot serve, and tells `hindered` why: work that was done should not
/// be done again for a moment's hindrance. Gives up after a lease's time.
pub(super) fn persist<T>(
    lease: Duration,
    mut hindered: impl FnMut(&Error),
    mut call: impl FnMut() -> Result<T>,
) -> Result<T> {
    let policy = BackoffPolicy { min: 50, max: 2_000, factor: 2.0, jitter: true };
    let mut backoff = Backoff::new(policy, None, Some(lease))?;
    loop {
        let error = match call() {
            Err(error) if error.retryable() => error,
            result => return result,
        };
        hindered(&error);
        match backoff.duration() {
            Some(delay) => std::thread::sleep(delay),
            None => return Err(error),
        }
    }
}

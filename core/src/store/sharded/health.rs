//! Whether a shard is away, and who asks it again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use web_time::Instant;

use crate::error::{Error, ErrorCode, Result};

/// How long one caller may try a shard that was away before another does.
const LONGEST_TRY: Duration = Duration::from_secs(30);

/// Keeps callers from waiting one after the other for a shard that does not answer: once a call has
/// failed, one at a time tries again, and not before as long has passed as the last try took.
///
/// A number and no lock: a child of a fork may find the latter locked for ever.
pub(super) struct Health {
    born: Instant,
    /// When the shard may be asked again, in milliseconds since `born`; 0 if it is not away.
    next_try: AtomicU64,
}

impl Health {
    pub(super) fn new() -> Self {
        Self { born: Instant::now(), next_try: AtomicU64::new(0) }
    }

    /// Makes a call on shard `number`, unless that is away.
    ///
    /// # Errors
    /// Those of the call; `Unavailable` if it was not made.
    pub(super) fn ask<T>(&self, number: usize, call: impl FnOnce() -> Result<T>) -> Result<T> {
        let seen = self.next_try.load(Ordering::Acquire);
        let began = self.now();
        if seen != 0 {
            let tried = began + LONGEST_TRY.as_millis() as u64;
            let is_mine = seen <= began
                && self
                    .next_try
                    .compare_exchange(seen, tried, Ordering::AcqRel, Ordering::Relaxed)
                    .is_ok();
            if !is_mine {
                return Err(Error::new(
                    ErrorCode::Unavailable,
                    format!(
                        "shard {number} did not answer an earlier call: it is tried again soon"
                    ),
                ));
            }
        }
        let result = call();
        match &result {
            Err(error) if error.retryable() => {
                let ended = self.now();
                self.next_try.store(ended + (ended - began), Ordering::Release);
            }
            _ if seen != 0 => self.next_try.store(0, Ordering::Release),
            _ => {}
        }
        result
    }

    fn now(&self) -> u64 {
        // Never 0, which says that the shard is there.
        self.born.elapsed().as_millis() as u64 + 1
    }
}

//! Time, injected: the system clock for programs, a hand-turned one for tests.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use web_time::{SystemTime, UNIX_EPOCH};

use crate::job::MAX_MOMENT;

/// Milliseconds: a length of time, or a moment counted from the Unix epoch.
pub type Millis = i64;

/// Tells the time to a store; the embedded store asks it once a call.
pub trait Clock: Send + Sync {
    /// Gives the milliseconds since the Unix epoch.
    fn now(&self) -> Millis;

    /// Tells whether this clock moves by itself. A waiting `pop` on a clock that does not is woken
    /// by rings only, never by the passing of time.
    fn runs(&self) -> bool {
        true
    }
}

/// Reads the system's wall clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        millis(since_epoch)
    }
}

/// A clock that stands still until it is turned by hand; for tests. It stays between 1970 and the end
/// of the year 9999.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Makes a clock that shows `now`, in milliseconds since the Unix epoch.
    pub fn new(now: Millis) -> Self {
        Self(AtomicI64::new(within(now)))
    }

    /// Turns the clock to `now`, forward or back.
    pub fn set(&self, now: Millis) {
        self.0.store(within(now), Ordering::SeqCst);
    }

    /// Turns the clock forward by `by` milliseconds; back, if `by` is negative.
    pub fn advance(&self, by: Millis) {
        let turned = |now: Millis| Some(within(now.saturating_add(by)));
        // Never refused: the closure always gives a moment.
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, turned);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }

    fn runs(&self) -> bool {
        false
    }
}

/// Gives the nearest moment that a queue can reckon with.
fn within(now: Millis) -> Millis {
    now.clamp(0, MAX_MOMENT)
}

/// Converts a duration to whole milliseconds, rounded up so that a wait is never cut short.
pub fn millis(duration: Duration) -> Millis {
    let rounded_up = duration.as_nanos().div_ceil(1_000_000);
    Millis::try_from(rounded_up).unwrap_or(Millis::MAX)
}

/// Converts milliseconds to a duration; negative ones become zero.
pub fn duration(millis: Millis) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

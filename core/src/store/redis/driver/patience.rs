//! How long a call goes on trying, and how it paces its tries.

use std::time::Instant;

use crate::backoff::BackoffPolicy;
use crate::clock::duration;
use crate::error::Result;
use crate::random::{Random, SystemRandom};
use crate::store::redis::driver::closing::Closing;

/// From 10 ms to half a second: a server that restarts is found soon, and not beset by all clients
/// at once.
const POLICY: BackoffPolicy = BackoffPolicy { min: 10, max: 500, factor: 2.0, jitter: true };

/// The pauses between tries.
#[derive(Debug, Default)]
pub(super) struct Patience {
    tries: u32,
}

impl Patience {
    /// Sleeps before the next try, until `deadline` at most.
    pub(super) fn pause(&mut self, deadline: Instant, closing: &Closing) -> Result<()> {
        closing.sleep_until(self.next_try().min(deadline))
    }

    /// Gives the moment of the next try.
    pub(super) fn next_try(&mut self) -> Instant {
        let pause = duration(POLICY.delay(self.tries, SystemRandom.unit()));
        self.tries += 1;
        Instant::now() + pause
    }
}

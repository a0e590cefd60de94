//! Options of a background processor.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::background::event::Event;
use crate::clock::millis;
use crate::error::{Error, Result};
use crate::job::validate_span;
use crate::queue::lease_of_holds;
use crate::worker::MAX_CONCURRENCY;

/// What a background processor tells its events.
pub type Observer = dyn Fn(&Event<'_>) + Send + Sync;

/// How a background processor works.
#[derive(Clone)]
pub struct BackgroundOptions {
    /// How many calls of the function run at once, 1 to 1,024; 1 by default.
    pub concurrency: usize,
    /// How long after this process died its keys come free at the latest, as far as their backoff has
    /// passed; 30 s by default. Keys are kept at a third of that time.
    pub lease: Duration,
    /// How long each thread rests between two calls; not at all by default.
    pub pause: Duration,
    /// What [`super::BackgroundProcessor::schedule`] does while the store cannot serve: work without
    /// its knowledge (`true`, the default), so that something may be done twice, or give its error
    /// (`false`), so that something may be left undone.
    pub fail_open: bool,
    /// Is told what happens, on the thread that caused it; nobody by default.
    pub observer: Option<Arc<Observer>>,
}

impl Default for BackgroundOptions {
    fn default() -> Self {
        Self {
            concurrency: 1,
            lease: Duration::from_secs(30),
            pause: Duration::ZERO,
            fail_open: true,
            observer: None,
        }
    }
}

impl BackgroundOptions {
    pub(super) fn validate(&self) -> Result<()> {
        if !(1..=MAX_CONCURRENCY).contains(&self.concurrency) {
            return Err(Error::invalid(format!(
                "concurrency {} is out of range: accepted are 1 to {MAX_CONCURRENCY}",
                self.concurrency
            )));
        }
        validate_span("pause", millis(self.pause))?;
        lease_of_holds(self.lease).map(drop)
    }

    /// Tells the observer, if there is one, and the log. A panic of the observer is logged: it must
    /// not end a thread of the processor.
    pub(super) fn tell(&self, event: &Event<'_>) {
        event.log();
        let Some(observer) = &self.observer else { return };
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| observer(event)));
        if told.is_err() {
            log::error!("background work: its observer panicked");
        }
    }
}

impl fmt::Debug for BackgroundOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("BackgroundOptions")
            .field("concurrency", &self.concurrency)
            .field("lease", &self.lease)
            .field("pause", &self.pause)
            .field("fail_open", &self.fail_open)
            .finish_non_exhaustive()
    }
}

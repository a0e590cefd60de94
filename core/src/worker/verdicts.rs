//! What handlers elsewhere have said, until it is carried out.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::lock::lock;
use crate::worker::delivery::Delivery;
use crate::worker::verdict::Verdict;

/// What a handler has said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) delivery: Arc<Delivery>,
    pub(super) verdict: Verdict,
    /// How long the handler took.
    pub(super) took: Duration,
}

/// The verdicts on the deliveries of one queue that nobody has carried out.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    said: Vec<Said>,
    is_over: bool,
}

impl Verdicts {
    /// Enters what was said; nothing, once the worker has ended.
    pub(super) fn put(&self, said: Said) {
        let mut state = lock(&self.state);
        if !state.is_over {
            state.said.push(said);
            self.changed.notify_one();
        }
    }

    /// Waits for what was said, but only until that moment if there is one; `None` at the end.
    pub(super) fn take(&self, until: Option<Instant>) -> Option<Vec<Said>> {
        let mut state = lock(&self.state);
        loop {
            if !state.said.is_empty() {
                return Some(std::mem::take(&mut state.said));
            }
            if state.is_over {
                return None;
            }
            let Some(until) = until else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Some(Vec::new());
            }
            let slept = self.changed.wait_timeout(state, left);
            state = slept.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes nothing in any more.
    pub(super) fn end(&self) {
        lock(&self.state).is_over = true;
        self.changed.notify_all();
    }
}

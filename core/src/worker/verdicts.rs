//! What handlers have said, until it is carried out.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::lock::lock;
use crate::worker::board::Board;
use crate::worker::delivery::Delivery;
use crate::worker::verdict::Verdict;

/// What a handler has said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) delivery: Arc<Delivery>,
    pub(super) verdict: Verdict,
    /// How long the handler took.
    pub(super) took: Duration,
    /// Whether the delivery is to be ended so: it may have been settled in spite of its handler.
    pub(super) counts: bool,
}

/// The verdicts on the deliveries of one queue that nobody has carried out.
#[derive(Debug)]
pub(super) struct Verdicts {
    board: Arc<Board>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    said: Vec<Said>,
    is_over: bool,
}

impl Verdicts {
    pub(super) fn new(board: &Arc<Board>) -> Self {
        Self { board: Arc::clone(board), state: Mutex::default(), changed: Condvar::new() }
    }

    /// Takes in what a handler says that has returned; does not wait for the store. From now on
    /// nobody else ends the delivery.
    pub(super) fn say(&self, delivery: Arc<Delivery>, verdict: Verdict, took: Duration) {
        let counts = self.board.returned(&delivery, took);
        let mut state = lock(&self.state);
        if state.is_over {
            self.board.leave_all(std::iter::once(&*delivery));
        } else {
            state.said.push(Said { delivery, verdict, took, counts });
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

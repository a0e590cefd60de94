//! Where the callers of one batch sleep, and how they are told.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use web_time::Instant;

use crate::lock::lock;

/// The shortest sleep: who asks for less sleeps longer than that.
const MIN_SLEEP: Duration = Duration::from_micros(50);

/// Where the callers of a batch wait.
pub(super) struct Batch<V> {
    state: Mutex<State<V>>,
    /// Where the first waits, who may be told to watch the clock.
    first: Condvar,
    /// Where all others wait: one call wakes them all.
    others: Condvar,
}

/// What the callers of a batch have been told.
pub(super) enum State<V> {
    Waiting,
    /// Nobody leads: the first caller may, from that moment on.
    Gathering(Instant),
    /// The verdicts that have not been fetched yet.
    Done(Vec<Option<V>>),
}

/// Why a wait ended.
pub(super) enum Woken<V> {
    Done(Option<V>),
    /// The time of gathering is over.
    TimedOut,
}

impl<V> Default for Batch<V> {
    fn default() -> Self {
        Self { state: Mutex::new(State::Waiting), first: Condvar::new(), others: Condvar::new() }
    }
}

impl<V> Batch<V> {
    /// Tells the callers how the batch stands, and wakes whom it concerns.
    pub(super) fn tell(&self, told: State<V>) {
        let is_done = matches!(told, State::Done(_));
        *lock(&self.state) = told;
        self.first.notify_one();
        if is_done {
            self.others.notify_all();
        }
    }

    /// Waits for the verdict at `index`; the first, if told so, for the end of gathering too.
    pub(super) fn wait(&self, index: usize) -> Woken<V> {
        let mut state = lock(&self.state);
        loop {
            let (changed, until) = match &mut *state {
                State::Done(verdicts) => {
                    return Woken::Done(verdicts.get_mut(index).and_then(Option::take));
                }
                State::Gathering(until) if index == 0 => (&self.first, Some(*until)),
                _ if index == 0 => (&self.first, None),
                _ => (&self.others, None),
            };
            let Some(until) = until else {
                state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                // Told once: after this it waits for the verdict, or to be told again.
                *state = State::Waiting;
                return Woken::TimedOut;
            }
            if left < MIN_SLEEP {
                drop(state);
                std::thread::yield_now();
                state = lock(&self.state);
            } else {
                let slept = changed.wait_timeout(state, left);
                state = slept.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

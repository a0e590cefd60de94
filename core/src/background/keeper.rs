//! The thread that tells the store what this process holds, and what it holds no more.

use std::time::{Duration, Instant};

use crate::background::board::{Duty, Ended};
use crate::background::crew::Crew;
use crate::background::event::Event;
use crate::error::Result;
use crate::store::Held;

/// Keeps all holds with one call at a third of the lease, and ends those that have ended since its
/// last call with another, until nothing is left. A call that fails is made again soon: there is time
/// for several before a lease ends.
pub(super) fn keep<T: Send + 'static>(crew: &Crew<T>) {
    let third = crew.options().lease / 3;
    let soon = (third / 8).max(Duration::from_millis(1));
    let mut keep_at = Instant::now() + third;
    let mut tell_at = Instant::now();
    while let Some(duty) = crew.board.duty(keep_at, tell_at) {
        match duty {
            Duty::Keep(held) => {
                let is_done = held.is_empty() || extend(crew, held);
                keep_at = Instant::now() + if is_done { third } else { soon };
            }
            Duty::LetGo(ended) => {
                let left = let_go(crew, ended);
                tell_at = Instant::now() + if left.is_empty() { Duration::ZERO } else { soon };
                crew.board.told(left);
            }
        }
    }
}

/// Tells whether the store could serve.
fn extend<T: Send + 'static>(crew: &Crew<T>, held: Vec<Held>) -> bool {
    let results = match crew.queue().keep(held.clone(), crew.options().lease) {
        Ok(results) => results,
        Err(error) => {
            crew.options().tell(&Event::Trouble { error: &error });
            return false;
        }
    };
    for (held, is_kept) in held.iter().zip(results) {
        if !is_kept && let Some(key) = crew.board.lose(held.owner) {
            crew.options().tell(&Event::Lost { key: &key });
        }
    }
    true
}

/// Ends holds; gives those of which the store is to be told again.
fn let_go<T: Send + 'static>(crew: &Crew<T>, ended: Vec<Ended>) -> Vec<Ended> {
    let (done, undone): (Vec<_>, Vec<_>) = ended.into_iter().partition(|ended| ended.is_done);
    let mut left = Vec::new();
    for (part, is_done) in [(done, true), (undone, false)] {
        if part.is_empty() {
            continue;
        }
        let holds = part.iter().map(|ended| ended.held.clone()).collect();
        let told: Result<()> = crew.queue().let_go(holds, is_done);
        if let Err(error) = told {
            crew.options().tell(&Event::Trouble { error: &error });
            if error.retryable() {
                let now = Instant::now();
                let counts =
                    |ended: &Ended| ended.lapses_at.is_none_or(|lapses_at| lapses_at > now);
                left.extend(part.into_iter().filter(counts));
            }
        }
    }
    left
}

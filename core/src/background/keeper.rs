//! The thread that tells the store what this process holds, and what it holds no more.

use std::time::{Duration, Instant};

use crate::background::board::{Duty, Ended};
use crate::background::crew::Crew;
use crate::background::event::Event;
use crate::store::Held;

/// The most holds of one call: others wait for the store meanwhile.
const HELD_AT_ONCE: usize = 1_000;

/// Keeps all holds with one call, or few, at a third of the lease, and ends those that have ended
/// since its last call with another, until nothing is left. A call that fails is made again soon:
/// there is time for several before a lease ends.
pub(super) fn keep<T: Send + 'static>(crew: &Crew<T>) {
    let third = crew.options().lease / 3;
    let soon = (third / 8).max(Duration::from_millis(1));
    let mut keep_at = Instant::now() + third;
    let mut tell_at = Instant::now();
    while let Some(duty) = crew.board.duty(keep_at, tell_at) {
        match duty {
            Duty::Keep(held) => {
                let is_done = extend(crew, &held);
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
fn extend<T: Send + 'static>(crew: &Crew<T>, held: &[Held]) -> bool {
    for part in held.chunks(HELD_AT_ONCE) {
        let results = match crew.queue().keep(part.to_vec(), crew.options().lease) {
            Ok(results) => results,
            Err(error) => {
                crew.options().tell(&Event::Trouble { error: &error });
                return false;
            }
        };
        for (held, is_kept) in part.iter().zip(results) {
            if !is_kept && let Some(key) = crew.board.lose(held.owner) {
                crew.options().tell(&Event::Lost { key: &key });
            }
        }
    }
    true
}

/// Ends holds; gives those of which the store is to be told again.
fn let_go<T: Send + 'static>(crew: &Crew<T>, ended: Vec<Ended>) -> Vec<Ended> {
    let (done, undone): (Vec<_>, Vec<_>) = ended.into_iter().partition(|ended| ended.is_done);
    let mut left: Vec<Ended> = Vec::new();
    for (all, is_done) in [(done, true), (undone, false)] {
        for part in all.chunks(HELD_AT_ONCE) {
            if !left.is_empty() {
                // Each call might take as long to fail as the first.
                left.extend_from_slice(part);
                continue;
            }
            let holds = part.iter().map(|ended| ended.held.clone()).collect();
            let Err(error) = crew.queue().let_go(holds, is_done) else { continue };
            crew.options().tell(&Event::Trouble { error: &error });
            if error.retryable() {
                let now = Instant::now();
                let counts = |ended: &&Ended| ended.lapses_at.is_none_or(|at| at > now);
                left.extend(part.iter().filter(counts).cloned());
            }
        }
    }
    left
}

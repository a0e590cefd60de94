//! The thread that tells the store what this process holds, and what it holds no more.

use std::time::{Duration, Instant};

use crate::background::board::{self, Duty, Ended};
use crate::background::crew::Crew;
use crate::background::event::Event;
use crate::store::{Held, NewHold};

/// The most holds of one call: others wait for the store meanwhile.
const HELD_AT_ONCE: usize = 1_000;

/// Keeps all holds with one call, or few, at a third of the lease, and ends those that have ended
/// since its last call with another, until nothing is left. What was scheduled while the store could not
/// serve it takes when that serves again. A call that fails is made again soon: there is time for
/// several before a lease ends.
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
            Duty::Take(holds) => {
                let is_done = take(crew, &holds);
                tell_at = Instant::now() + if is_done { Duration::ZERO } else { soon };
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

/// Takes the keys of what was scheduled blindly; tells whether the store could serve. Who finds that
/// another has taken one goes on without it.
fn take<T: Send + 'static>(crew: &Crew<T>, holds: &[NewHold]) -> bool {
    for part in holds.chunks(HELD_AT_ONCE) {
        let taken = match crew.queue().hold(part.to_vec(), crew.options().lease) {
            Ok(taken) => taken,
            Err(error) => {
                crew.options().tell(&Event::Trouble { error: &error });
                return false;
            }
        };
        for (hold, is_taken) in part.iter().zip(taken) {
            if is_taken {
                crew.board.confirm(hold.owner);
            } else if let Some(key) = crew.board.lose(hold.owner) {
                crew.options().tell(&Event::Lost { key: &key });
            }
        }
    }
    true
}

/// Takes the keys of work that has ended before the store knew of it, for as long as they are to be
/// held nevertheless.
fn take_ended<T: Send + 'static>(crew: &Crew<T>, ended: &[Ended]) -> crate::error::Result<()> {
    let now = Instant::now();
    let hold = |ended: &Ended| {
        let until = ended.blind_until.filter(|until| *until > now)?;
        let Held { key, owner } = ended.held.clone();
        Some(NewHold { key, owner, backoff: board::left(until, now) })
    };
    let holds: Vec<_> = ended.iter().filter_map(hold).collect();
    if holds.is_empty() {
        return Ok(());
    }
    // If another has taken one, that is his, and what follows does not touch it.
    crew.queue().hold(holds, crew.options().lease).map(drop)
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
            let told = take_ended(crew, part).and_then(|()| crew.queue().let_go(holds, is_done));
            let Err(error) = told else { continue };
            crew.options().tell(&Event::Trouble { error: &error });
            if error.retryable() {
                let now = Instant::now();
                left.extend(part.iter().filter(|ended| ended.counts(now)).cloned());
            }
        }
    }
    left
}

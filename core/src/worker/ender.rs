//! The thread that ends the deliveries of one queue, so that no handler waits for the store.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::backoff::Backoff;
use crate::error::Result;
use crate::queue::Queue;
use crate::store::Ending;
use crate::worker::crew::Crew;
use crate::worker::delivery::Delivery;
use crate::worker::ending::{conclude, end, ending};
use crate::worker::event::Event;
use crate::worker::verdict::Verdict;
use crate::worker::verdicts::Said;

/// A verdict that the store could not carry out yet.
struct Hindered {
    said: Said,
    since: Instant,
}

/// Ends what handlers have said, all that has come meanwhile in one step, until the worker has ended.
///
/// It never waits for a store that is away or a follow-up that finds no room: what is hindered is
/// tried again beside what comes next, for a lease's time at most.
pub(super) fn end_all(crew: &Crew, place: usize) {
    let mut backoff = Backoff::default();
    let mut hindered: Vec<Hindered> = Vec::new();
    let mut again_at = None;
    while let Some(said) = crew.verdicts[place].take(again_at) {
        let now = Instant::now();
        // Of one that was settled in spite of its handler nothing is left but its slot.
        let (counting, late): (Vec<_>, Vec<_>) = said.into_iter().partition(|said| said.counts);
        let mut due: Vec<_> =
            counting.into_iter().map(|said| Hindered { said, since: now }).collect();
        if again_at.is_some_and(|at| at <= now) {
            due.append(&mut hindered);
        }
        let (mut ended, refused) = end_together(crew, place, due);
        ended.extend(late);
        crew.board.leave_all(ended.iter().map(|said| &*said.delivery));
        crew.deal();
        if !refused.is_empty() {
            again_at = Some(now + backoff.duration().unwrap_or_default());
            hindered.extend(refused);
        } else if hindered.is_empty() {
            backoff.reset();
            again_at = None;
        }
    }
}

/// Ends deliveries; gives those that have ended, and those to be tried again.
fn end_together(crew: &Crew, place: usize, due: Vec<Hindered>) -> (Vec<Said>, Vec<Hindered>) {
    let plan = crew.plan();
    let queue = &plan.sources[place].queue;
    let ending = |one: &Hindered| ending(queue, &one.said.delivery.token, &one.said.verdict);
    let results = finish(queue, due.iter().map(ending).collect());
    let (mut ended, mut again) = (Vec::new(), Vec::new());
    let mut is_told = false;
    for (mut one, result) in due.into_iter().zip(results) {
        match result {
            Err(error) if error.retryable() && one.since.elapsed() < plan.lease => {
                if !mem::replace(&mut is_told, true) {
                    plan.tell(&Event::Trouble { queue: queue.name(), error: &error });
                }
                again.push(one);
            }
            result => {
                let Said { delivery, verdict, took, .. } = &one.said;
                match conclude(plan, delivery, verdict, *took, result) {
                    None => ended.push(one.said),
                    Some(instead) => {
                        one.said.verdict = instead;
                        again.push(one);
                    }
                }
            }
        }
    }
    (ended, again)
}

/// Gives deliveries back that have not begun, and takes them out. Nobody was told that they came.
pub(super) fn give_back(crew: &Crew, deliveries: Vec<Arc<Delivery>>) {
    let plan = crew.plan();
    for (place, source) in plan.sources.iter().enumerate() {
        let ours: Vec<_> = deliveries.iter().filter(|delivery| delivery.place == place).collect();
        let endings =
            ours.iter().map(|delivery| ending(&source.queue, &delivery.token, &Verdict::release()));
        for (delivery, result) in ours.iter().zip(finish(&source.queue, endings.collect())) {
            match result {
                Ok(()) => log::debug!("job {} goes back, which had not begun", delivery.id),
                Err(_) => end(plan, delivery, Verdict::release(), Duration::ZERO),
            }
        }
    }
    crew.board.leave_all(deliveries.iter().map(|delivery| &**delivery));
}

/// Has the store carry endings out, plain completions apart from the rest, as stores have a quick way
/// for many of them; gives the results in their order.
fn finish(queue: &Queue, endings: Vec<Result<Option<Ending>>>) -> Vec<Result<()>> {
    let mut results = vec![Ok(()); endings.len()];
    let (mut plain, mut others) = (Vec::new(), Vec::new());
    for (place, ending) in endings.into_iter().enumerate() {
        match ending {
            Ok(Some(ending)) if ending.outcome.is_plain() => plain.push((place, ending)),
            Ok(Some(ending)) => others.push((place, ending)),
            Ok(None) => {}
            Err(error) => results[place] = Err(error),
        }
    }
    for batch in [plain, others].into_iter().filter(|batch| !batch.is_empty()) {
        let (places, endings): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let told = queue.finish(endings).unwrap_or_else(|error| vec![Err(error); places.len()]);
        places.into_iter().zip(told).for_each(|(place, result)| results[place] = result);
    }
    results
}

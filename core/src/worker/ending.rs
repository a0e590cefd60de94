//! Carries out what a handler said about its job.

use std::time::Duration;

use crate::error::{Error, ErrorCode, Result};
use crate::queue::Queue;
use crate::store::Ending;
use crate::token::Token;
use crate::worker::delivery::Delivery;
use crate::worker::event::Event;
use crate::worker::persist::persist;
use crate::worker::plan::Plan;
use crate::worker::verdict::Verdict;

/// Ends a delivery and tells how it went. Blocks while the store cannot serve, for a lease's time
/// at most: work that was done should not be done again for a moment's hindrance.
pub(super) fn end(plan: &Plan, delivery: &Delivery, verdict: Verdict, took: Duration) {
    let queue = delivery.queue();
    let token = &delivery.token;
    let hindered = |error: &Error| plan.tell(&Event::Trouble { queue: queue.name(), error });
    let ended = persist(plan.lease, hindered, || match ending(queue, token, &verdict)? {
        Some(ending) => queue.finish_one(ending),
        None => Ok(()),
    });
    if let Some(verdict) = conclude(plan, delivery, &verdict, took, ended) {
        end(plan, delivery, verdict, took);
    }
}

/// Gives what the store is to do; nothing if the handler has done it itself.
pub(super) fn ending(queue: &Queue, token: &Token, verdict: &Verdict) -> Result<Option<Ending>> {
    Ok(Some(match verdict {
        Verdict::Done { then, result } => queue.completion(token, then.clone(), result.clone())?,
        Verdict::Retry { error, delay } => queue.retrial(token, error, *delay)?,
        Verdict::Fail { error } => Queue::failure(token, error),
        Verdict::Release { delay } => Queue::giving_back(token, *delay)?,
        Verdict::Ended => return Ok(None),
    }))
}

/// Tells how a delivery has ended, or gives what is to be tried instead.
pub(super) fn conclude(
    plan: &Plan,
    delivery: &Delivery,
    verdict: &Verdict,
    took: Duration,
    ended: Result<()>,
) -> Option<Verdict> {
    let job = delivery;
    match (ended, verdict) {
        (Ok(()), Verdict::Done { .. }) => plan.tell(&Event::Done { job, took }),
        (Ok(()), Verdict::Retry { error, .. })
            if job.max_tries < 0 || job.tries < job.max_tries =>
        {
            plan.tell(&Event::Failed { job, took, error });
        }
        (Ok(()), Verdict::Retry { error, .. } | Verdict::Fail { error }) => {
            plan.tell(&Event::Dead { job, took, error });
        }
        (Ok(()), Verdict::Release { .. }) => plan.tell(&Event::Released { job }),
        (Ok(()), Verdict::Ended) => {}
        (Err(error), _) if error.code() == ErrorCode::StaleToken => {
            plan.tell(&Event::Lost { job });
        }
        // A verdict that the store does not take, such as a follow-up that is too large: left
        // alone, the job would come again with its lease and nobody would know why.
        (Err(error), Verdict::Done { .. }) => {
            return Some(Verdict::retry(format!("cannot complete: {error}")));
        }
        // Nobody keeps the lease any more: the job comes again when it has lapsed.
        (Err(error), _) => {
            plan.tell(&Event::Trouble { queue: delivery.queue().name(), error: &error });
            plan.tell(&Event::Lost { job });
        }
    }
    None
}

//! Carries out what a handler said about its job.

use std::time::Duration;

use crate::error::{Error, ErrorCode};
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
    let ended = persist(plan.lease, hindered, || match &verdict {
        Verdict::Done { then } => queue.mark_complete_then(token, then.clone()),
        Verdict::Retry { error, delay } => queue.retry(token, error, *delay),
        Verdict::Fail { error } => queue.fail(token, error),
        Verdict::Release { delay } => queue.release(token, *delay),
        Verdict::Ended => Ok(()),
    });
    let job = delivery;
    match (ended, &verdict) {
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
            let verdict = Verdict::retry(format!("cannot complete: {error}"));
            end(plan, delivery, verdict, took);
        }
        (Err(error), _) => plan.tell(&Event::Trouble { queue: queue.name(), error: &error }),
    }
}

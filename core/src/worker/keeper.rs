//! The thread that keeps leases alive and watches the time.

use std::time::{Duration, Instant};

use crate::error::ErrorCode;
use crate::token::Token;
use crate::worker::board::{Duty, Parting};
use crate::worker::crew::Crew;
use crate::worker::delivery::Delivery;
use crate::worker::event::Event;
use crate::worker::signal::Reason;
use crate::worker::verdict::Verdict;
use crate::worker::{ender, ending};

/// Extends all leases with one call a queue at a third of the lease, until the crew has ended. A
/// call that fails is made again soon: there is time for several before a lease ends.
pub(super) fn keep(crew: &Crew) {
    let plan = crew.plan();
    let third = plan.lease / 3;
    let soon = (third / 8).max(Duration::from_millis(1));
    let mut extend_at = Instant::now() + third;
    while let Some(duty) = crew.board.duty(extend_at) {
        match duty {
            Duty::Extend(leases) => {
                let mut is_done = true;
                for (source, tokens) in leases {
                    is_done &= extend(crew, source, &tokens);
                }
                extend_at = Instant::now() + if is_done { third } else { soon };
            }
            Duty::TimeOut(delivery) => {
                plan.raise(&delivery, Reason::TimedOut);
                let timeout = plan.timeout.unwrap_or_default();
                let verdict = Verdict::retry(format!("handler took longer than {timeout:?}"));
                ending::end(plan, &delivery, verdict, timeout);
            }
            Duty::GiveBack(deliveries) => ender::give_back(crew, deliveries),
            Duty::GiveUp(delivery, Parting::Release) => {
                ending::end(plan, &delivery, Verdict::release(), Duration::ZERO);
            }
            Duty::GiveUp(delivery, Parting::Lapse) => lapse(&delivery),
        }
    }
    crew.end();
}

/// Has a lease end at once: the lapse is counted as that of a process that was killed.
fn lapse(delivery: &Delivery) {
    if let Err(error) = delivery.queue().extend(&delivery.token, Duration::from_millis(1)) {
        log::warn!("lease of job {} lapses only by itself: {error}", delivery.id);
    }
}

/// Tells whether the store could serve.
fn extend(crew: &Crew, source: usize, tokens: &[Token]) -> bool {
    let plan = crew.plan();
    let queue = &plan.sources[source].queue;
    let results = match queue.extend_many(tokens, plan.lease) {
        Ok(results) => results,
        Err(error) => {
            plan.tell(&Event::Trouble { queue: queue.name(), error: &error });
            return false;
        }
    };
    for (token, result) in tokens.iter().zip(results) {
        match result {
            Err(error) if error.code() == ErrorCode::StaleToken => {
                if let Some(delivery) = crew.board.lose(source, token) {
                    plan.raise(&delivery, Reason::Lost);
                    plan.tell(&Event::Lost { job: &delivery });
                }
            }
            Err(error) => plan.tell(&Event::Trouble { queue: queue.name(), error: &error }),
            Ok(()) => {}
        }
    }
    true
}

//! The thread that pops the jobs of one queue.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::error::Error;
use crate::job::Job;
use crate::worker::crew::Crew;
use crate::worker::delivery::Delivery;
use crate::worker::event::Event;

/// How often a wait for jobs is left to see whether to stop.
const LOOK_UP: Duration = Duration::from_millis(100);

/// The same, where the end of the queues' work is waited for.
const LOOK_UP_FOR_END: Duration = Duration::from_millis(20);

/// Why a wait for jobs ended without one.
enum Idle {
    /// No more jobs are to be taken.
    Stop,
    /// The store said so.
    Refused(Error),
}

impl From<Error> for Idle {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// Pops as many jobs as there are free slots, again and again, until no more are to be taken.
pub(super) fn pop_all(crew: &Crew, place: usize) {
    let queue = &crew.plan().sources[place].queue;
    let mut backoff = Backoff::default();
    while let Some(slots) = crew.board.reserve(place) {
        match pop(crew, place, slots) {
            Ok(()) => backoff.reset(),
            Err(Idle::Stop) => break,
            Err(Idle::Refused(error)) if error.retryable() => {
                crew.plan().tell(&Event::Trouble { queue: queue.name(), error: &error });
                crew.board.rest(backoff.duration().unwrap_or(LOOK_UP));
            }
            Err(Idle::Refused(error)) => crew.leave_off(Some(error)),
        }
    }
    crew.board.popper_ended();
}

/// Pops into slots that were reserved, waiting if need be, and gives them back.
///
/// A queue that is alone keeps them while it waits: nobody else would use them. One of several
/// does not, and what comes then may have to wait for a slot.
fn pop(crew: &Crew, place: usize, slots: usize) -> Result<(), Idle> {
    let plan = crew.plan();
    let queue = &plan.sources[place].queue;
    let is_alone = plan.sources.len() == 1;
    let look_up = if plan.until_empty { LOOK_UP_FOR_END } else { LOOK_UP };
    let mut check = || {
        if plan.until_empty && plan.is_empty()? {
            crew.leave_off(None);
        }
        if crew.board.is_draining() { Err(Idle::Stop) } else { Ok(()) }
    };
    let mut wait = |most| queue.pop_checked(most, Duration::MAX, plan.lease, look_up, &mut check);
    let (found, slots) = match queue.pop_many(slots, Duration::ZERO, plan.lease) {
        Ok(jobs) if jobs.is_empty() => {
            plan.tell(&Event::Idle { queue: queue.name() });
            if is_alone {
                (wait(slots), slots)
            } else {
                crew.board.unreserve(place, slots, 0);
                (wait(1), 0)
            }
        }
        found => (found.map_err(Idle::from), slots),
    };
    // Entered before the slots are given back, so that nobody takes them for free in between.
    let delivered = found.map(|jobs| deliver(crew, place, jobs));
    if slots > 0 {
        crew.board.unreserve(place, slots, *delivered.as_ref().unwrap_or(&0));
    }
    delivered.map(drop)
}

/// Hands jobs over; tells how many.
fn deliver(crew: &Crew, place: usize, jobs: Vec<Job>) -> usize {
    let count = jobs.len();
    let queue = &crew.plan().sources[place].queue;
    crew.board.deliver(place, jobs, |job, number| Delivery::new(job, queue.clone(), place, number));
    crew.deal();
    count
}

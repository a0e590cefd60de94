//! A thread that calls the handler.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorCode};
use crate::worker::crew::Crew;
use crate::worker::delivery::Delivery;
use crate::worker::event::Event;
use crate::worker::plan::{self, Handler};
use crate::worker::verdict::Verdict;

/// How long handlers are called without a look at who else wants the lock that they need.
const RUN: Duration = Duration::from_millis(1);

/// Calls the handler with one delivery after the other, until none will come.
pub(super) fn work(crew: &Crew, handler: &Handler) {
    let plan = crew.plan();
    while let Some(delivery) = crew.board.begin(plan.timeout) {
        let mut next = Some(delivery);
        let mut run = || {
            let began = Instant::now();
            while let Some(delivery) = next.take() {
                attend(crew, handler, delivery);
                next =
                    (began.elapsed() < RUN).then(|| crew.board.begin_now(plan.timeout)).flatten();
            }
        };
        match &plan.around {
            Some(around) => plan::guard("surrounding", || around(&mut run)),
            None => run(),
        }
        // It was not called, or not to the end.
        if let Some(delivery) = next {
            attend(crew, handler, delivery);
        }
    }
}

fn attend(crew: &Crew, handler: &Handler, delivery: Arc<Delivery>) {
    crew.plan().tell(&Event::Started { job: &delivery });
    let began = Instant::now();
    // What a panic leaves half-done is the handler's own; fairlane's state was not lent to it.
    let verdict = catch_unwind(AssertUnwindSafe(|| handler(&delivery))).unwrap_or_else(|panic| {
        Verdict::retry(format!("handler panicked: {}", panic_text(&*panic)))
    });
    crew.verdicts[delivery.place].say(delivery, verdict, began.elapsed());
}

pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

/// Makes the error of a panic that is nobody's but fairlane's.
pub(crate) fn defect(panic: &(dyn Any + Send)) -> Error {
    let message = format!("defect in fairlane, please report it: {}", panic_text(panic));
    Error::new(ErrorCode::Internal, message)
}

//! A thread that calls the handler.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::worker::crew::Crew;
use crate::worker::delivery::Delivery;
use crate::worker::ending;
use crate::worker::event::Event;
use crate::worker::plan::Handler;
use crate::worker::verdict::Verdict;

/// Calls the handler with one delivery after the other, until none will come.
pub(super) fn work(crew: &Crew, handler: &Handler) {
    while let Some(delivery) = crew.board.begin(crew.plan().timeout) {
        attend(crew, handler, &delivery);
        crew.board.leave(&delivery);
    }
}

fn attend(crew: &Crew, handler: &Handler, delivery: &Delivery) {
    let plan = crew.plan();
    plan.tell(&Event::Started { job: delivery });
    let began = Instant::now();
    // What a panic leaves half-done is the handler's own; fairlane's state was not lent to it.
    let verdict = catch_unwind(AssertUnwindSafe(|| handler(delivery))).unwrap_or_else(|panic| {
        Verdict::retry(format!("handler panicked: {}", panic_text(&*panic)))
    });
    if crew.board.may_end(delivery) {
        ending::end(plan, delivery, verdict, began.elapsed());
    }
}

pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

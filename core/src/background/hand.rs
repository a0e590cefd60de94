//! A thread that calls the function.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::background::board::Work;
use crate::background::crew::Crew;
use crate::background::event::Event;
use crate::background::outcome::Outcome;
use crate::worker::panic_text;

/// Calls the function with one argument after the other, until none will come.
pub(super) fn work<T: Send + 'static>(crew: &Crew<T>) {
    let options = crew.options();
    while let Some(Work { key, owner, arg }) = crew.board.take() {
        options.tell(&Event::Started { key: &key });
        let began = Instant::now();
        // What a panic leaves half-done is the function's own; fairlane's state was not lent to it.
        let outcome = catch_unwind(AssertUnwindSafe(|| crew.call(arg))).unwrap_or_else(|panic| {
            Outcome::Failed { error: format!("function panicked: {}", panic_text(&*panic)) }
        });
        let took = began.elapsed();
        match &outcome {
            Outcome::Done => options.tell(&Event::Done { key: &key, took }),
            Outcome::Failed { error } => options.tell(&Event::Failed { key: &key, took, error }),
        }
        crew.board.finish(&key, owner, options.lease);
        if !options.pause.is_zero() {
            crew.board.rest(options.pause);
        }
    }
}

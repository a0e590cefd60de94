//! The deliveries that are in the hands of JavaScript, and what is posted about them.
//!
//! Each part that is posted has the number of its worker where a result has that of its call, and
//! says first what it is about.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use fairlane::Verdict;
use fairlane::worker::{Assignment, Delivery, Event, Reason, Receiver};

use crate::noun::job;
use crate::outbox::{Outbox, answer, lock, refusal};
use crate::packet::Packet;

/// What a part is about.
#[derive(Debug, Clone, Copy)]
enum About {
    Deliveries = 0,
    Raised = 1,
    Ended = 2,
    Event = 3,
}

/// Where one worker posts, and what it waits for.
pub struct Assignments {
    number: f64,
    /// Empty once the environment is being torn down: nobody may ring it then.
    outbox: Mutex<Option<Arc<Outbox>>>,
    held: Mutex<HashMap<u64, Assignment>>,
}

impl Assignments {
    pub fn new(number: f64, outbox: Arc<Outbox>) -> Self {
        Self { number, outbox: Mutex::new(Some(outbox)), held: Mutex::default() }
    }

    /// Ends a delivery; nothing, if it is not held any more.
    pub fn end(&self, number: u64, verdict: Verdict) {
        let assignment = lock(&self.held).remove(&number);
        if let Some(assignment) = assignment {
            assignment.end(verdict);
        }
    }

    /// Posts nothing any more.
    pub fn disconnect(&self) {
        lock(&self.outbox).take();
    }

    /// Posts an event. Those that go with every job are posted only if asked for: they would cost an
    /// empty job as much as itself. That a handler begins JavaScript knows by itself.
    pub fn tell(&self, event: &Event<'_>, observes_all: bool) {
        let about_job = |kind: &str, of: &Delivery, took: Option<f64>, error: Option<&str>| {
            self.post(About::Event, |packet| {
                packet.text(kind);
                packet.number(of.place() as f64);
                job::write(packet, of);
                packet.number(took.unwrap_or(f64::NAN));
                packet.maybe_text(error);
            });
        };
        let millis = |took: &std::time::Duration| Some(took.as_secs_f64() * 1e3);
        match event {
            Event::Done { job, took } if observes_all => about_job("done", job, millis(took), None),
            Event::Failed { job, took, error } => {
                about_job("failed", job, millis(took), Some(error));
            }
            Event::Dead { job, took, error } => about_job("dead", job, millis(took), Some(error)),
            Event::Released { job } => about_job("released", job, None, None),
            Event::Lost { job } => about_job("lost", job, None, None),
            Event::Idle { queue } if observes_all => self.post(About::Event, |packet| {
                packet.text("idle");
                packet.text(queue);
            }),
            Event::Trouble { queue, error } => self.post(About::Event, |packet| {
                packet.text("trouble");
                packet.text(queue);
                refusal(packet, error);
            }),
            _ => {}
        }
    }

    fn post(&self, about: About, write: impl FnOnce(&mut Packet)) {
        if let Some(outbox) = &*lock(&self.outbox) {
            outbox.post(|packet| {
                answer(packet, self.number, Ok(()), |packet| {
                    packet.integer(about as i64);
                    write(packet);
                });
            });
        }
    }
}

impl Receiver for Assignments {
    fn deliver(&self, assignments: Vec<Assignment>) {
        // Held before they are posted: JavaScript may be quick to answer.
        let mut held = lock(&self.held);
        self.post(About::Deliveries, |packet| {
            packet.number(assignments.len() as f64);
            for assignment in &assignments {
                packet.number(assignment.number() as f64);
                packet.number(assignment.place() as f64);
                job::write(packet, assignment);
            }
        });
        held.extend(assignments.into_iter().map(|one| (one.number(), one)));
    }

    fn raised(&self, delivery: &Delivery, reason: Reason) {
        self.post(About::Raised, |packet| {
            packet.number(delivery.number() as f64);
            packet.text(reason.name());
        });
    }

    fn ended(&self) {
        self.post(About::Ended, |_| {});
    }
}

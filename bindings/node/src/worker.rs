//! The native half of a worker: deliveries go out in batches through the outbox, and verdicts come
//! back in batches.
//!
//! Leases are extended and timeouts watched by threads of the core, so that neither depends on an
//! event loop that a handler blocks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use fairlane::{Queue, Result, Verdict, convert};
use napi_derive::napi;

use crate::assignments::Assignments;
use crate::line::Line;
use crate::noun::verdict;
use crate::outbox::{Outbox, lock};
use crate::packet::Reader;
use crate::{door, refuse, time};

/// One start of a worker.
#[napi]
pub struct Worker {
    queues: Mutex<Vec<(Queue, u32)>>,
    assignments: Arc<Assignments>,
    observes_all: Arc<AtomicBool>,
    worker: Mutex<Option<Arc<fairlane::Worker>>>,
    running: Registry,
}

/// The workers of an environment that were started.
pub type Registry = Arc<Mutex<Vec<Employed>>>;

/// A worker that was started, and how it is told to end.
pub struct Employed {
    worker: Arc<fairlane::Worker>,
    assignments: Arc<Assignments>,
}

impl Employed {
    /// Tells whether it has stopped.
    pub fn is_over(&self) -> bool {
        self.worker.state() == fairlane::WorkerState::Stopped
    }

    /// Ends with its environment: the handlers are no more, and what they ran lapses.
    pub fn end(self) {
        self.assignments.disconnect();
        self.worker.abandon();
    }
}

impl Worker {
    /// Makes a worker that posts under a number.
    pub fn new(number: f64, outbox: Arc<Outbox>, running: Registry) -> Self {
        Self {
            queues: Mutex::default(),
            assignments: Arc::new(Assignments::new(number, outbox)),
            observes_all: Arc::default(),
            worker: Mutex::default(),
            running,
        }
    }

    fn with<T>(&self, work: impl FnOnce(&fairlane::Worker) -> T) -> Result<T> {
        let worker = lock(&self.worker).clone().ok_or_else(refuse::packet)?;
        Ok(work(&worker))
    }
}

#[napi]
impl Worker {
    /// Adds a queue, which is open.
    #[napi]
    pub fn add(&self, line: &Line, weight: i64) -> napi::Result<(), &'static str> {
        door::entered(|| {
            let weight = convert::count("weight", weight)?;
            lock(&self.queues).push((line.lend()?, weight));
            Ok(())
        })
    }

    /// Starts taking jobs.
    #[napi]
    pub fn start(
        &self,
        concurrency: Option<i64>,
        lease: f64,
        timeout: Option<f64>,
        max_jobs: Option<i64>,
        until_empty: bool,
    ) -> napi::Result<(), &'static str> {
        door::entered(|| {
            let queues = std::mem::take(&mut *lock(&self.queues));
            let mut queues = queues.into_iter();
            let (first, _) = queues.next().ok_or_else(refuse::packet)?;
            let receiver = Arc::clone(&self.assignments) as _;
            let (events, observes_all) =
                (Arc::clone(&self.assignments), Arc::clone(&self.observes_all));
            let mut worker = fairlane::Worker::dispatching(&first, receiver)
                .lease(time::duration("lease", lease)?)
                .observer(move |event| events.tell(event, observes_all.load(Ordering::Relaxed)));
            for (queue, weight) in queues {
                worker = worker.also(&queue, weight);
            }
            if let Some(concurrency) = concurrency {
                worker = worker.concurrency(convert::count("concurrency", concurrency)?);
            }
            if let Some(timeout) = timeout {
                worker = worker.timeout(time::duration("timeout", timeout)?);
            }
            if let Some(max_jobs) = max_jobs {
                worker = worker.max_jobs(convert::count("maxJobs", max_jobs)?);
            }
            if until_empty {
                worker = worker.until_empty();
            }
            let worker = Arc::new(worker);
            worker.start()?;
            *lock(&self.worker) = Some(Arc::clone(&worker));
            let mut running = lock(&self.running);
            running.retain(|employed| !employed.is_over());
            running.push(Employed { worker, assignments: Arc::clone(&self.assignments) });
            Ok(())
        })
    }

    /// Carries out what handlers have said.
    #[napi]
    pub fn end(&self, numbers: &[f64], bytes: &[u8]) -> napi::Result<(), &'static str> {
        door::entered(|| {
            let mut reader = Reader::new(numbers, bytes);
            while !reader.is_empty() {
                let mut said = reader.part()?;
                let number = said.length()? as u64;
                // What cannot be read, such as a follow-up out of range, is a failed try.
                let verdict = verdict::read(&mut said)
                    .unwrap_or_else(|error| Verdict::retry(format!("cannot complete: {error}")));
                self.assignments.end(number, verdict);
            }
            Ok(())
        })
    }

    /// Has events told that go with every job, or no longer.
    #[napi]
    pub fn observe(&self, observes_all: bool) -> napi::Result<(), &'static str> {
        door::entered(|| {
            self.observes_all.store(observes_all, Ordering::Relaxed);
            Ok(())
        })
    }

    /// Takes no more jobs.
    #[napi]
    pub fn drain(&self) -> napi::Result<(), &'static str> {
        door::entered(|| self.with(fairlane::Worker::drain))
    }

    /// Gives back what still runs.
    #[napi]
    pub fn give_up(&self) -> napi::Result<(), &'static str> {
        door::entered(|| self.with(fairlane::Worker::give_up))
    }

    /// Ends with its process: the handlers are no more, and what they ran lapses. Blocks for a second at
    /// most.
    #[napi]
    pub fn abandon(&self) -> napi::Result<(), &'static str> {
        door::entered(|| {
            self.assignments.disconnect();
            self.with(fairlane::Worker::abandon).map(drop)
        })
    }

    /// Throws why it stopped by itself, if it did.
    #[napi]
    pub fn check(&self) -> napi::Result<(), &'static str> {
        door::entered(|| self.with(fairlane::Worker::failure)?.map_or(Ok(()), Err))
    }

    /// Tells where it stands.
    #[napi]
    pub fn state(&self) -> napi::Result<&'static str, &'static str> {
        door::entered(|| self.with(|worker| worker.state().name()))
    }
}

//! The native half of `fairlane.aio.Worker`: deliveries go out to the event loop in batches, and
//! verdicts come back.
//!
//! Leases are extended and timeouts watched by threads of the core, so that neither depends on a loop
//! that a handler blocks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use fairlane::worker::{Assignment, Delivery, Reason, Receiver};
use pyo3::prelude::*;

use crate::aio::outbox::{_Outbox, Item, Outbox, lock};
use crate::door;
use crate::event::Told;
use crate::handle::Handle;
use crate::job::Job;
use crate::number::Integer;
use crate::queue::Queue;
use crate::signal::Signal;
use crate::time::Seconds;
use crate::verdict::Verdict;

/// One start of a `fairlane.aio.Worker`.
///
/// `hear` is called on the loop: with "delivered" and pairs of a number and a job, with "raised", a
/// number and a reason, and at last with "ended". `observe` is called as that of `_Worker`.
#[pyclass(frozen, module = "fairlane.aio")]
pub struct _Crew {
    worker: Handle<Arc<fairlane::Worker>>,
    loft: Arc<Loft>,
}

/// What the loop has to say and to hear.
struct Loft {
    outbox: Arc<Outbox>,
    /// Taken at the end, so that Python's objects are not held by threads of the worker for ever.
    callbacks: Mutex<Option<Arc<Callbacks>>>,
    held: Mutex<HashMap<u64, Assignment>>,
    /// Set once it is there; told to end when the loop is closed.
    worker: Mutex<Weak<fairlane::Worker>>,
}

struct Callbacks {
    hear: Py<PyAny>,
    observe: Py<PyAny>,
}

#[pymethods]
impl _Crew {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "one an option, by name")]
    fn new(
        outbox: &_Outbox,
        queue: &Queue,
        also: Vec<(Py<Queue>, Integer)>,
        hear: Py<PyAny>,
        observe: Py<PyAny>,
        observes_all: bool,
        concurrency: Option<Integer>,
        lease: Seconds,
        timeout: Option<Seconds>,
        max_jobs: Option<Integer>,
        until_empty: bool,
    ) -> PyResult<Self> {
        let loft = Arc::new(Loft {
            outbox: Arc::clone(&outbox.shared),
            callbacks: Mutex::new(Some(Arc::new(Callbacks { hear, observe }))),
            held: Mutex::default(),
            worker: Mutex::default(),
        });
        let (receiver, events) = (Arc::clone(&loft) as Arc<dyn Receiver>, Arc::clone(&loft));
        let mut worker = fairlane::Worker::dispatching(&queue.0, receiver)
            .lease(lease.duration("lease")?)
            .observer(move |event| {
                if let Some(told) = Told::of(event, observes_all) {
                    events.post(|callbacks| {
                        Box::new(move |py| {
                            told.tell(py, &callbacks.observe);
                            Ok(())
                        })
                    });
                }
            });
        for (queue, weight) in also {
            worker = worker.also(&queue.get().0, weight.count("weight")?);
        }
        if let Some(concurrency) = concurrency {
            worker = worker.concurrency(concurrency.count("concurrency")?);
        }
        if let Some(timeout) = timeout {
            worker = worker.timeout(timeout.duration("timeout")?);
        }
        if let Some(max_jobs) = max_jobs {
            worker = worker.max_jobs(max_jobs.count("max_jobs")?);
        }
        if until_empty {
            worker = worker.until_empty();
        }
        let worker = Arc::new(worker);
        *lock(&loft.worker) = Arc::downgrade(&worker);
        Ok(Self { worker: worker.into(), loft })
    }

    /// Start taking jobs.
    fn start(&self, py: Python<'_>) -> PyResult<()> {
        door::call(py, || self.worker.start())
    }

    /// Say how a delivery ends; nothing, if it is not held any more.
    fn end(&self, number: u64, verdict: Verdict) -> PyResult<()> {
        let assignment = lock(&self.loft.held).remove(&number);
        door::quick(|| assignment.map(|assignment| assignment.end(verdict.0)).unwrap_or_default())
    }

    /// Take no more jobs.
    fn drain(&self, py: Python<'_>) -> PyResult<()> {
        door::run(py, || self.worker.drain())
    }

    /// Give back what still runs.
    fn give_up(&self, py: Python<'_>) -> PyResult<()> {
        door::run(py, || self.worker.give_up())
    }

    /// Give back what still runs, and wait for up to a second until that is done.
    fn stop(&self, py: Python<'_>) -> PyResult<bool> {
        door::run(py, || self.worker.stop(Duration::ZERO))
    }

    /// Raise why it ended by itself, if it did.
    fn check(&self) -> PyResult<()> {
        door::quick(|| self.worker.failure())?.map_or(Ok(()), |error| Err(door::raise(error)))
    }

    /// Tell where it stands.
    fn state(&self) -> PyResult<&'static str> {
        door::quick(|| self.worker.state().name())
    }
}

impl Loft {
    /// Has something done on the loop; tells whether it will be.
    fn post(&self, item: impl FnOnce(Arc<Callbacks>) -> Item) -> bool {
        let callbacks = lock(&self.callbacks).clone();
        callbacks.is_some_and(|callbacks| self.outbox.post(item(callbacks)))
    }

    /// Ends as the loop has ended: what it held goes back untried.
    fn leave(&self) {
        let held = std::mem::take(&mut *lock(&self.held));
        for assignment in held.into_values() {
            assignment.end(fairlane::Verdict::release());
        }
        let worker = lock(&self.worker).upgrade();
        if let Some(worker) = worker {
            worker.drain();
            worker.give_up();
        }
    }
}

impl Receiver for Loft {
    fn deliver(&self, assignments: Vec<Assignment>) {
        let begun = |one: &Assignment| {
            let (queue, signal) = (one.queue().name().to_owned(), Signal(one.signal().clone()));
            (one.number(), fairlane::Job::clone(one), queue, signal)
        };
        let begun: Vec<_> = assignments.iter().map(begun).collect();
        // Held before they are posted: the loop may be quick to answer.
        lock(&self.held).extend(assignments.into_iter().map(|one| (one.number(), one)));
        let is_posted = self.post(|callbacks| {
            Box::new(move |py| {
                let pair =
                    |(number, job, queue, signal)| (number, Job::signalled(py, job, queue, signal));
                let pairs: Vec<(u64, Job)> = begun.into_iter().map(pair).collect();
                callbacks.hear.call1(py, ("delivered", pairs)).map(drop)
            })
        });
        if !is_posted {
            self.leave();
        }
    }

    fn raised(&self, delivery: &Delivery, reason: Reason) {
        let number = delivery.number();
        self.post(|callbacks| {
            Box::new(move |py| {
                callbacks.hear.call1(py, ("raised", number, reason.name())).map(drop)
            })
        });
    }

    fn ended(&self) {
        self.post(|callbacks| Box::new(move |py| callbacks.hear.call1(py, ("ended",)).map(drop)));
        // Dropped without the lock: they are Python's.
        let callbacks = lock(&self.callbacks).take();
        drop(callbacks);
        lock(&self.held).clear();
    }
}

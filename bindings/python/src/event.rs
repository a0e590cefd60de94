//! What happens in a worker, on its way to Python.

use fairlane::worker::{Delivery, Event};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::door;
use crate::job::Job;

/// An event that outlives the moment in which it was told.
pub struct Told {
    kind: &'static str,
    subject: Subject,
    seconds: Option<f64>,
    error: Option<String>,
}

enum Subject {
    /// And the name of its queue.
    Job(Box<fairlane::Job>, String),
    Queue(String, Option<fairlane::Error>),
}

impl Told {
    /// Notes an event. Those that go with every job are noted only if `observes_all`: they would cost
    /// an empty job as much as itself.
    pub fn of(event: &Event<'_>, observes_all: bool) -> Option<Self> {
        let job = |kind, job: &Delivery| {
            let queue = job.queue().name().to_owned();
            let subject = Subject::Job(Box::new(fairlane::Job::clone(job)), queue);
            Some(Self { kind, subject, seconds: None, error: None })
        };
        let queue = |kind, name: &str, error: Option<&fairlane::Error>| {
            let subject = Subject::Queue(name.to_owned(), error.cloned());
            Some(Self { kind, subject, seconds: None, error: None })
        };
        let ended = |told: Option<Self>, took: &std::time::Duration, error: Option<&str>| {
            let (seconds, error) = (Some(took.as_secs_f64()), error.map(str::to_owned));
            told.map(|told| Self { seconds, error, ..told })
        };
        match event {
            Event::Dead { job: of, took, error } => ended(job("dead", of), took, Some(error)),
            Event::Lost { job: of } => job("lost", of),
            Event::Trouble { queue: of, error } => queue("trouble", of, Some(error)),
            _ if !observes_all => None,
            Event::Started { job: of } => job("started", of),
            Event::Done { job: of, took } => ended(job("done", of), took, None),
            Event::Failed { job: of, took, error } => ended(job("failed", of), took, Some(error)),
            Event::Released { job: of } => job("released", of),
            Event::Idle { queue: of } => queue("idle", of, None),
            _ => None,
        }
    }

    /// Calls `observe` with the name, the job or None, and what else belongs to it; reports what it
    /// raises.
    pub fn tell(self, py: Python<'_>, observe: &Py<PyAny>) {
        let told = self.arguments(py).and_then(|arguments| observe.call1(py, arguments));
        if let Err(error) = told {
            error.write_unraisable(py, Some(observe.bind(py)));
        }
    }

    fn arguments(self, py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        let kind = self.kind.into_pyobject(py)?.into_any();
        let mut arguments = vec![kind];
        match self.subject {
            Subject::Job(job, queue) => {
                let job = Job::of_queue(py, *job, queue);
                arguments.push(Bound::new(py, job)?.into_any());
            }
            Subject::Queue(name, error) => {
                arguments.push(py.None().into_bound(py));
                arguments.push(name.into_pyobject(py)?.into_any());
                if let Some(error) = error {
                    let error = door::exception(py, &error).into_value(py);
                    arguments.push(error.into_bound(py).into_any());
                }
            }
        }
        if let Some(seconds) = self.seconds {
            arguments.push(seconds.into_pyobject(py)?.into_any());
        }
        if let Some(error) = self.error {
            arguments.push(error.into_pyobject(py)?.into_any());
        }
        PyTuple::new(py, arguments)
    }
}

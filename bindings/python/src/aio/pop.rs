//! A pop of an event loop, from its call to the moment at which somebody has its jobs.
//!
//! An await may be cancelled at any moment: before the jobs are popped, while they lie in the outbox,
//! and after the future has got them but before its task runs on. In each case whoever comes second
//! finds out here, and gives the jobs back. So no job is lost, and no try is charged.

use std::sync::{Arc, Mutex};

use fairlane::waits::Told;
use fairlane::{Error, Job as CoreJob, Token};
use pyo3::prelude::*;

use crate::aio::call::Call;
use crate::aio::mail::Mail;
use crate::aio::outbox::{Item, Outbox, lock, settle};
use crate::door;
use crate::job::Job;

/// A pop under way.
pub struct Popping {
    future: Py<PyAny>,
    outbox: Arc<Outbox>,
    mail: Mail,
    stage: Mutex<Stage>,
}

enum Stage {
    Asked,
    /// In the outbox.
    Answered(Result<Vec<CoreJob>, Error>),
    /// The future has the jobs.
    Delivered(Vec<Token>),
    /// Nobody wants them any more.
    Abandoned,
}

/// What remains to be done with an answer.
pub enum Rest {
    Post(Arc<Outbox>, Item),
    GiveBack(Vec<Token>),
}

impl Popping {
    pub fn new(future: Py<PyAny>, outbox: Arc<Outbox>, mail: Mail) -> Self {
        Self { future, outbox, mail, stage: Mutex::new(Stage::Asked) }
    }

    /// Tells whether nobody waits for it any more.
    pub fn is_abandoned(&self) -> bool {
        matches!(*lock(&self.stage), Stage::Abandoned)
    }

    /// Takes what has come of it.
    pub fn answer(self: &Arc<Self>, told: Told) -> Rest {
        let result = match told {
            Told::Jobs(jobs) => Ok(jobs),
            Told::Refused(error) => Err(error),
            Told::Aborted => Ok(Vec::new()),
        };
        let mut stage = lock(&self.stage);
        if matches!(*stage, Stage::Abandoned) {
            return Rest::GiveBack(tokens(result.as_deref().unwrap_or_default()));
        }
        *stage = Stage::Answered(result);
        let answer = Answer(Arc::clone(self));
        Rest::Post(Arc::clone(&self.outbox), Box::new(move |py| answer.deliver(py)))
    }

    /// Gives back what has come or will come of it.
    pub fn abandon(self: &Arc<Self>) {
        // The locks of a forked child may be held for ever.
        if !self.mail.is_here() {
            return;
        }
        let stage = std::mem::replace(&mut *lock(&self.stage), Stage::Abandoned);
        let call = match stage {
            Stage::Asked => Call::Abort(Arc::clone(self)),
            Stage::Answered(Ok(jobs)) => Call::GiveBack(tokens(&jobs)),
            Stage::Delivered(tokens) => Call::GiveBack(tokens),
            Stage::Answered(Err(_)) | Stage::Abandoned => return,
        };
        // Refused by a thread that has ended: with a queue that was closed, which takes nothing back.
        let _ = self.mail.send(call);
    }

    fn deliver(&self, py: Python<'_>) -> PyResult<()> {
        let result = {
            let mut stage = lock(&self.stage);
            let Stage::Answered(result) = &mut *stage else { return Ok(()) };
            let result = std::mem::replace(result, Ok(Vec::new()));
            *stage = Stage::Delivered(tokens(result.as_deref().unwrap_or_default()));
            result
        };
        let result = match result {
            Ok(jobs) => {
                let jobs: Vec<Job> = jobs.into_iter().map(|job| Job::new(py, job)).collect();
                jobs.into_pyobject(py).map(|jobs| jobs.into_any().unbind())
            }
            Err(error) => Err(door::exception(py, &error)),
        };
        settle(py, &self.future, result)
    }
}

/// An answer in the outbox; one that is dropped there, with its loop, gives its jobs back.
struct Answer(Arc<Popping>);

impl Answer {
    fn deliver(self, py: Python<'_>) -> PyResult<()> {
        self.0.deliver(py)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let is_here = self.0.mail.is_here();
        if is_here && matches!(*lock(&self.0.stage), Stage::Answered(_)) {
            self.0.abandon();
        }
    }
}

fn tokens(jobs: &[CoreJob]) -> Vec<Token> {
    jobs.iter().map(|job| job.token).collect()
}

/// A pop under way, in the hands of Python.
#[pyclass(frozen, module = "fairlane.aio")]
pub struct _Pop(pub Arc<Popping>);

#[pymethods]
impl _Pop {
    /// What gets the jobs.
    #[getter]
    fn future(&self, py: Python<'_>) -> Py<PyAny> {
        self.0.future.clone_ref(py)
    }

    /// Give back what has come or will come of it.
    fn abandon(&self) -> PyResult<()> {
        door::quick(|| self.0.abandon())
    }
}

/// Names a pop among those that wait.
#[derive(Clone)]
pub struct Caller(pub Arc<Popping>);

impl PartialEq for Caller {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

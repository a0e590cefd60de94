//! A wait of an event loop for the result of a job. Whoever takes the reply tells it, and nothing is
//! lost where an await is cancelled: a result may be asked for again.

use std::sync::{Arc, Mutex};

use fairlane::waits::ResultTold;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::aio::call::{Call, Reply};
use crate::aio::mail::Mail;
use crate::aio::outbox::{Item, Outbox, lock};
use crate::door;

/// A wait under way.
pub struct Awaiting {
    reply: Mutex<Option<Reply>>,
    mail: Mail,
}

impl Awaiting {
    pub fn new(reply: Reply, mail: Mail) -> Self {
        Self { reply: Mutex::new(Some(reply)), mail }
    }

    /// Makes what tells how it has ended, if somebody is there to be told.
    pub fn answer(&self, told: ResultTold) -> Option<(Arc<Outbox>, Item)> {
        let reply = lock(&self.reply).take()?;
        let ResultTold::Result(result) = told else { return None };
        Some(reply.with(move |py| match result {
            Ok(Some(value)) => Ok(PyBytes::new(py, &value).into_any().unbind()),
            Ok(None) => Ok(py.None()),
            Err(error) => Err(door::exception(py, &error)),
        }))
    }
}

/// A wait under way, in the hands of Python.
#[pyclass(frozen, module = "fairlane.aio")]
pub struct _Result {
    future: Py<PyAny>,
    awaiting: Arc<Awaiting>,
}

impl _Result {
    pub fn new(future: Py<PyAny>, awaiting: Arc<Awaiting>) -> Self {
        Self { future, awaiting }
    }
}

#[pymethods]
impl _Result {
    /// What gets the result.
    #[getter]
    fn future(&self, py: Python<'_>) -> Py<PyAny> {
        self.future.clone_ref(py)
    }

    /// Wait no longer.
    fn abandon(&self) -> PyResult<()> {
        door::quick(|| {
            let awaiting = Arc::clone(&self.awaiting);
            // Refused by a thread that is not here, or has ended: nobody waits then.
            let _ = self.awaiting.mail.send(Call::AbortResult(awaiting));
        })
    }
}

/// Names a wait among those of its queue.
#[derive(Clone)]
pub struct Awaiter(pub Arc<Awaiting>);

impl PartialEq for Awaiter {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

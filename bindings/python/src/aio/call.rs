//! A call on its way to the thread of its queue, and how its caller is told.

use std::sync::Arc;
use std::time::Duration;

use fairlane::{JobId, NewJob, Token};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::aio::outbox::{Item, Outbox, settle};
use crate::aio::pop::Popping;
use crate::aio::result::Awaiting;

/// What the thread of a queue is asked for.
pub enum Call {
    Push {
        job: Box<NewJob>,
        reply: Reply,
    },
    Pop {
        pop: Arc<Popping>,
        count: usize,
        wait: Duration,
        lease: Duration,
    },
    MarkComplete {
        token: Token,
        reply: Reply,
    },
    Result {
        awaiting: Arc<Awaiting>,
        id: JobId,
        wait: Duration,
    },
    /// Any other verb: a method of the blocking Queue.
    Method {
        method: Py<PyAny>,
        arguments: Py<PyTuple>,
        options: Option<Py<PyDict>>,
        reply: Reply,
    },
    /// Nobody waits for this pop any more.
    Abort(Arc<Popping>),
    /// Nobody waits for this result any more.
    AbortResult(Arc<Awaiting>),
    /// Nobody has got these jobs.
    GiveBack(Vec<Token>),
    /// No further call will come.
    End,
}

/// Who is told: a future, and the outbox of its loop.
pub struct Reply {
    pub future: Py<PyAny>,
    pub outbox: Arc<Outbox>,
}

impl Reply {
    /// Makes what tells the result on the loop.
    pub fn with(
        self,
        result: impl FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> (Arc<Outbox>, Item) {
        let future = self.future;
        (self.outbox, Box::new(move |py| settle(py, &future, result(py))))
    }
}

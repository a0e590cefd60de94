//! The thread of a queue: makes its calls, one batch after the other.
//!
//! It is begun with the first call, and anew in a forked child. Calls are made in the order in which
//! they came; those that came while the thread was at work are taken together.

use std::iter;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use fairlane::{Error, ErrorCode, MAX_BATCH};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::aio::call::{Call, Reply};
use crate::aio::desk::Desk;
use crate::aio::mail::Mail;
use crate::aio::outbox::{_Outbox, lock};
use crate::aio::pop::{_Pop, Popping};
use crate::aio::result::{_Result, Awaiting};
use crate::delivery::Delivery;
use crate::door;
use crate::handle::Handle;
use crate::new_job::NewJob;
use crate::number::Integer;
use crate::queue::Queue;
use crate::text::Text;
use crate::time::Seconds;

/// How long the end of the interpreter waits for calls that were handed in, and then for the thread.
const FINISHING: Duration = Duration::from_secs(1);

/// How often it looks.
const LOOK_UP: Duration = Duration::from_millis(2);

/// The native half of `fairlane.aio.Queue`: each call gives a future of the outbox's loop.
#[pyclass(frozen, module = "fairlane.aio")]
pub struct _Line {
    queue: Handle<fairlane::Queue>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Option<Running>,
    /// Whether no call is sent any more: what follows is made, and refused, where it is asked for.
    is_ended: bool,
}

struct Running {
    mail: Mail,
    thread: JoinHandle<()>,
}

#[pymethods]
impl _Line {
    #[new]
    fn new(queue: &Queue) -> Self {
        let queue = fairlane::Queue::clone(&queue.0).into();
        Self { queue, state: Mutex::default() }
    }

    /// Push a job.
    fn push(&self, py: Python<'_>, outbox: &_Outbox, job: &NewJob) -> PyResult<Py<PyAny>> {
        let job = Box::new(job.to_push(py));
        self.ask(py, outbox, |reply| Call::Push { job, reply })
    }

    /// End a delivery.
    fn mark_complete(
        &self,
        py: Python<'_>,
        outbox: &_Outbox,
        token: Delivery,
    ) -> PyResult<Py<PyAny>> {
        self.ask(py, outbox, |reply| Call::MarkComplete { token: token.0, reply })
    }

    /// Call a method of the blocking Queue.
    #[pyo3(signature = (outbox, method, *arguments: "object", **options: "object"))]
    fn call(
        &self,
        py: Python<'_>,
        outbox: &_Outbox,
        method: Py<PyAny>,
        arguments: Py<PyTuple>,
        options: Option<Py<PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        self.ask(py, outbox, |reply| Call::Method { method, arguments, options, reply })
    }

    /// Deliver up to `n` jobs.
    fn pop(
        &self,
        py: Python<'_>,
        outbox: &_Outbox,
        n: Integer,
        wait: Seconds,
        lease: Seconds,
    ) -> PyResult<_Pop> {
        let (wait, lease) = (wait.duration("wait")?, lease.duration("lease")?);
        let count = n.count("count")?;
        let mail = self.mail()?;
        let future = outbox.future(py)?;
        let pop = Arc::new(Popping::new(future, Arc::clone(&outbox.shared), mail));
        self.submit(Call::Pop { pop: Arc::clone(&pop), count, wait, lease });
        Ok(_Pop(pop))
    }

    /// Give the result of a job.
    fn result(
        &self,
        py: Python<'_>,
        outbox: &_Outbox,
        id: Text<'_>,
        wait: Seconds,
    ) -> PyResult<_Result> {
        let (id, wait) = (id.job_id()?, wait.duration("wait")?);
        let mail = self.mail()?;
        let future = outbox.future(py)?;
        let reply = Reply { future: future.clone_ref(py), outbox: Arc::clone(&outbox.shared) };
        let awaiting = Arc::new(Awaiting::new(reply, mail));
        self.submit(Call::Result { awaiting: Arc::clone(&awaiting), id, wait });
        Ok(_Result::new(future, awaiting))
    }

    /// Let the thread end after what was handed in, the last of which closes the queue.
    fn end(&self) {
        let mut state = lock(&self.state);
        state.is_ended = true;
        if let Some(running) = &state.running {
            // Refused if it has ended.
            let _ = running.mail.send(Call::End);
        }
    }

    /// End with the interpreter: what was handed in is done, if the store can serve, and no thread
    /// is left that would call Python.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        self.end();
        let running = lock(&self.state).running.take();
        let Some(Running { mail, thread }) = running else { return Ok(()) };
        if !mail.is_here() {
            std::mem::forget(thread);
            return Ok(());
        }
        door::run(py, || {
            wait_for(&thread, FINISHING);
            // Cuts short what waits for a server, and the wait for jobs.
            self.queue.close();
            wait_for(&thread, FINISHING);
        })
    }
}

impl _Line {
    fn ask(
        &self,
        py: Python<'_>,
        outbox: &_Outbox,
        call: impl FnOnce(Reply) -> Call,
    ) -> PyResult<Py<PyAny>> {
        self.mail()?;
        let future = outbox.future(py)?;
        let reply = Reply { future: future.clone_ref(py), outbox: Arc::clone(&outbox.shared) };
        self.submit(call(reply));
        Ok(future)
    }

    fn submit(&self, call: Call) {
        let state = lock(&self.state);
        let sent = match &state.running {
            // Under the lock, so that nothing is sent after the end.
            Some(running) if !state.is_ended => running.mail.send(call),
            _ => Err(call),
        };
        drop(state);
        if let Err(call) = sent {
            Desk::new(fairlane::Queue::clone(&self.queue)).make(iter::once(call));
        }
    }

    /// Gives the way to the thread, which is begun if there is none in this process.
    fn mail(&self) -> PyResult<Mail> {
        let mut state = lock(&self.state);
        if let Some(Running { mail, .. }) = &state.running
            && (mail.is_here() || state.is_ended)
        {
            return Ok(mail.clone());
        }
        let (calls, mailbox) = channel();
        let mail = Mail::new(calls);
        if state.is_ended {
            return Ok(mail);
        }
        let desk = Desk::new(fairlane::Queue::clone(&self.queue));
        let spawned =
            thread::Builder::new().name("fairlane".into()).spawn(move || serve(&mailbox, desk));
        match spawned {
            Ok(thread) => {
                // That of a parent process is not here to be detached.
                std::mem::forget(state.running.replace(Running { mail: mail.clone(), thread }));
                Ok(mail)
            }
            Err(error) => {
                // Python's error is made without the lock.
                drop(state);
                let message = format!("thread of the queue cannot be started: {error}");
                Err(door::raise(Error::new(ErrorCode::Unavailable, message)))
            }
        }
    }
}

impl Drop for _Line {
    fn drop(&mut self) {
        self.end();
        let running = lock(&self.state).running.take();
        if let Some(running) = running
            && !running.mail.is_here()
        {
            std::mem::forget(running);
        }
    }
}

fn serve(mailbox: &Receiver<Call>, mut desk: Desk) {
    loop {
        let first = match desk.expire() {
            None => mailbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(at) => mailbox.recv_timeout(at.saturating_duration_since(Instant::now())),
        };
        match first {
            Ok(first) => {
                let calls = iter::once(first).chain(mailbox.try_iter()).take(MAX_BATCH);
                if !desk.make(calls) {
                    break;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
}

fn wait_for(thread: &JoinHandle<()>, time: Duration) {
    let until = Instant::now() + time;
    while !thread.is_finished() && Instant::now() < until {
        thread::sleep(LOOK_UP);
    }
}

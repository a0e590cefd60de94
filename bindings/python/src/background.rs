use std::sync::Arc;
use std::time::Duration;

use fairlane::BackgroundOptions;
use fairlane::background::{Event, Outcome};
use pyo3::prelude::*;

use crate::door;
use crate::handle::Handle;
use crate::number::Integer;
use crate::queue::Queue;
use crate::text::Text;
use crate::time::Seconds;

/// The native half of `fairlane.BackgroundProcessor`.
///
/// `call` is called with each argument, on a thread of the processor, and gives None or the text of
/// an error; `observe` with the name of an event, a key or None, and what else belongs to it. Events
/// that go with every call are told only if `observes_all`.
#[pyclass(frozen, module = "fairlane")]
pub struct _BackgroundProcessor(Handle<fairlane::BackgroundProcessor<Py<PyAny>>>);

#[pymethods]
impl _BackgroundProcessor {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "one an option, by name")]
    fn new(
        py: Python<'_>,
        queue: &Queue,
        call: Py<PyAny>,
        observe: Py<PyAny>,
        observes_all: bool,
        concurrency: Integer,
        lease: Seconds,
        pause: Seconds,
        fail_open: bool,
    ) -> PyResult<Self> {
        let observer = move |event: &Event<'_>| {
            if observes_all || is_rare(event) {
                tell(&observe, event);
            }
        };
        let options = BackgroundOptions {
            concurrency: concurrency.count("concurrency")?,
            lease: lease.duration("lease")?,
            pause: pause.duration("pause")?,
            fail_open,
            observer: Some(Arc::new(observer)),
        };
        let function = move |arg| call_with(&call, arg);
        let processor = door::call(py, || {
            fairlane::BackgroundProcessor::with_options(&queue.0, options, function)
        })?;
        Ok(Self(processor.into()))
    }

    /// Have the function called, unless the key is held; tell whether it will be.
    fn schedule(
        &self,
        py: Python<'_>,
        key: Text<'_>,
        remote_backoff: Seconds,
        arg: Py<PyAny>,
    ) -> PyResult<bool> {
        let backoff = remote_backoff.duration("remote_backoff")?;
        door::call(py, || self.0.schedule(key.0, backoff, arg))
    }

    /// Tell how many arguments wait.
    fn queue_length(&self, py: Python<'_>) -> PyResult<usize> {
        door::run(py, || self.0.queue_length())
    }

    /// Free the keys of all processors.
    fn bump_remote_dedup_key(&self, py: Python<'_>) -> PyResult<()> {
        door::call(py, || self.0.bump_remote_dedup_key())
    }

    /// Take no more work, and do what waits.
    fn drain(&self, py: Python<'_>) -> PyResult<()> {
        door::run(py, || self.0.drain())
    }

    /// Take no more work, and drop what waits; tell whether every call has returned.
    fn drop_waiting(&self, py: Python<'_>) -> PyResult<bool> {
        door::run(py, || self.0.close(false, Duration::ZERO))
    }

    /// Wait until nothing waits or runs; tell whether that is so.
    fn wait_for(&self, py: Python<'_>, timeout: Seconds) -> PyResult<bool> {
        let timeout = timeout.duration("timeout")?;
        door::run(py, || self.0.wait_for(timeout))
    }
}

/// Calls Python's function. `call` catches what that raises; an exception of its own is a defect, or
/// the end of the interpreter.
fn call_with(call: &Py<PyAny>, arg: Py<PyAny>) -> Outcome {
    let called = Python::try_attach(|py| -> PyResult<Option<String>> {
        call.call1(py, (arg,))?.extract(py)
    });
    match called {
        Some(Ok(None)) => Outcome::Done,
        Some(Ok(Some(error))) => Outcome::Failed { error },
        Some(Err(error)) => Outcome::Failed { error: error.to_string() },
        None => Outcome::Failed { error: "the interpreter has ended".to_owned() },
    }
}

fn is_rare(event: &Event<'_>) -> bool {
    matches!(event, Event::Lost { .. } | Event::Trouble { .. })
}

/// Tells Python of an event. There is nobody to tell once the interpreter ends.
fn tell(observe: &Py<PyAny>, event: &Event<'_>) {
    let _ = Python::try_attach(|py| {
        if let Err(error) = tell_of(py, observe, event) {
            error.write_unraisable(py, Some(observe.bind(py)));
        }
    });
}

fn tell_of(py: Python<'_>, observe: &Py<PyAny>, event: &Event<'_>) -> PyResult<()> {
    match event {
        Event::Started { key } => observe.call1(py, ("started", *key)),
        Event::Done { key, took } => observe.call1(py, ("done", *key, took.as_secs_f64())),
        Event::Failed { key, took, error } => {
            observe.call1(py, ("failed", *key, took.as_secs_f64(), *error))
        }
        Event::Dropped { key } => observe.call1(py, ("dropped", *key)),
        Event::Lost { key } => observe.call1(py, ("lost", *key)),
        Event::Trouble { error } => {
            observe.call1(py, ("trouble", None::<&str>, door::exception(py, error)))
        }
        _ => return Ok(()),
    }?;
    Ok(())
}

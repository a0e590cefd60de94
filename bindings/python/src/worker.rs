use std::time::Duration;

use fairlane::worker::Delivery;
use pyo3::prelude::*;

use crate::door;
use crate::event::Told;
use crate::handle::Handle;
use crate::job::Job;
use crate::number::Integer;
use crate::queue::Queue;
use crate::time::Seconds;
use crate::verdict::Verdict;

/// The native half of `fairlane.Worker`.
///
/// `attend` is called with each job, on a thread of the worker, and gives a verdict; `observe` with
/// the name of an event, a job or None, and what else belongs to it. Events that go with every job
/// are told only if `observes_all`: they would cost an empty job as much as itself.
#[pyclass(frozen, module = "fairlane")]
pub struct _Worker(Handle<fairlane::Worker>);

#[pymethods]
impl _Worker {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "one an option, by name")]
    fn new(
        queue: &Queue,
        also: Vec<(Py<Queue>, Integer)>,
        attend: Py<PyAny>,
        observe: Py<PyAny>,
        observes_all: bool,
        concurrency: Option<Integer>,
        lease: Seconds,
        timeout: Option<Seconds>,
        max_jobs: Option<Integer>,
        until_empty: bool,
    ) -> PyResult<Self> {
        let mut worker =
            fairlane::Worker::new(&queue.0, move |delivery: &Delivery| judge(&attend, delivery))
                .lease(lease.duration("lease")?)
                .within(attached)
                .observer(move |event| {
                    if let Some(told) = Told::of(event, observes_all) {
                        // There is nobody to tell once the interpreter ends.
                        let _ = Python::try_attach(|py| told.tell(py, &observe));
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
        Ok(Self(worker.into()))
    }

    /// Start taking jobs.
    fn start(&self, py: Python<'_>) -> PyResult<()> {
        door::call(py, || self.0.start())
    }

    /// Take no more jobs.
    fn drain(&self, py: Python<'_>) -> PyResult<()> {
        door::run(py, || self.0.drain())
    }

    /// Give back what still runs; tell whether every handler has returned.
    fn stop(&self, py: Python<'_>) -> PyResult<bool> {
        door::run(py, || self.0.stop(Duration::ZERO))
    }

    /// Wait for the end; tell whether it has come.
    fn wait_for(&self, py: Python<'_>, timeout: Seconds) -> PyResult<bool> {
        let timeout = timeout.duration("timeout")?;
        door::run(py, || self.0.wait_for(timeout))
    }

    /// Raise why it ended by itself, if it did.
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        door::call(py, || self.0.wait())
    }

    /// Tell where it stands.
    fn state(&self, py: Python<'_>) -> PyResult<&'static str> {
        door::run(py, || self.0.state().name())
    }
}

/// Attaches to the interpreter for several handlers: to give it up and take it again costs more than a
/// quick handler does. Handlers let others run as all Python code does.
fn attached(run: &mut dyn FnMut()) {
    let is_attached = Python::try_attach(|_| run()).is_some();
    // The interpreter ends: each delivery finds that out and goes back.
    if !is_attached {
        run();
    }
}

/// Has Python attend to a delivery. `attend` catches what a handler raises; an exception of its own
/// is a defect, or the end of the interpreter.
fn judge(attend: &Py<PyAny>, delivery: &Delivery) -> fairlane::Verdict {
    let judged = Python::try_attach(|py| -> PyResult<Verdict> {
        attend.call1(py, (Job::delivered(py, delivery),))?.extract(py)
    });
    match judged {
        Some(Ok(verdict)) => verdict.0,
        Some(Err(error)) => fairlane::Verdict::retry(error),
        None => fairlane::Verdict::release(),
    }
}

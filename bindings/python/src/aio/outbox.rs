//! Results that an event loop has not fetched yet.
//!
//! Threads put them in at any time; the loop is called once, fetches all there are, and is called
//! again only for what comes after that. So a thousand results cost one `call_soon_threadsafe`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::intern;
use pyo3::prelude::*;

use crate::aio::gate;

/// What is to be done on the loop. One that is dropped undone must see for itself what is lost.
pub type Item = Box<dyn FnOnce(Python<'_>) -> PyResult<()> + Send>;

/// The results of one event loop.
pub struct Outbox {
    results: Mutex<Results>,
    call_soon_threadsafe: Py<PyAny>,
}

#[derive(Default)]
struct Results {
    items: Vec<Item>,
    /// Whether the loop was called and has not come yet.
    is_rung: bool,
}

impl Outbox {
    /// Puts something in; tells whether the loop is to be rung.
    fn put(&self, item: Item) -> bool {
        let mut results = lock(&self.results);
        results.items.push(item);
        !std::mem::replace(&mut results.is_rung, true)
    }

    /// Calls the loop; tells whether it will come. It will not if it is closed, or at the end of the
    /// interpreter: then what there is is dropped.
    fn ring(self: &Arc<Self>) -> bool {
        let rung = gate::enter(|py| {
            let fetch = Py::new(py, Fetch(Arc::clone(self)))?;
            self.call_soon_threadsafe.call1(py, (fetch,))
        });
        let is_rung = matches!(rung, Some(Ok(_)));
        if !is_rung {
            // Dropped without the lock: what sees that it is lost may do much.
            drop(self.take());
        }
        is_rung
    }

    fn take(&self) -> Vec<Item> {
        let mut results = lock(&self.results);
        results.is_rung = false;
        std::mem::take(&mut results.items)
    }

    /// Puts one thing in; tells whether the loop will come for it.
    pub fn post(self: &Arc<Self>, item: Item) -> bool {
        !self.put(item) || self.ring()
    }
}

/// Puts much in, of any loops, and calls each of them once.
pub fn post_all(items: Vec<(Arc<Outbox>, Item)>) {
    let mut to_ring = Vec::new();
    for (outbox, item) in items {
        if outbox.put(item) {
            to_ring.push(outbox);
        }
    }
    for outbox in to_ring {
        outbox.ring();
    }
}

/// The outbox of an event loop.
#[pyclass(frozen, module = "fairlane.aio")]
pub struct _Outbox {
    pub shared: Arc<Outbox>,
    event_loop: Py<PyAny>,
}

#[pymethods]
impl _Outbox {
    #[new]
    fn new(py: Python<'_>, event_loop: Py<PyAny>) -> PyResult<Self> {
        let call_soon_threadsafe = event_loop.getattr(py, intern!(py, "call_soon_threadsafe"))?;
        let shared = Arc::new(Outbox { results: Mutex::default(), call_soon_threadsafe });
        Ok(Self { shared, event_loop })
    }
}

impl _Outbox {
    /// Makes a future of the loop.
    pub fn future(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.event_loop.call_method0(py, intern!(py, "create_future"))
    }
}

/// What the loop calls when there are results.
#[pyclass(frozen, module = "fairlane.aio")]
struct Fetch(Arc<Outbox>);

#[pymethods]
impl Fetch {
    fn __call__(&self, py: Python<'_>) {
        for item in self.0.take() {
            if let Err(error) = item(py) {
                error.write_unraisable(py, None);
            }
        }
    }
}

/// Gives a future its result, unless it was cancelled.
pub fn settle(py: Python<'_>, future: &Py<PyAny>, result: PyResult<Py<PyAny>>) -> PyResult<()> {
    if future.call_method0(py, intern!(py, "done"))?.is_truthy(py)? {
        return Ok(());
    }
    match result {
        Ok(value) => future.call_method1(py, intern!(py, "set_result"), (value,)),
        Err(error) => {
            let error = error.into_value(py);
            future.call_method1(py, intern!(py, "set_exception"), (error,))
        }
    }?;
    Ok(())
}

/// Locks, also after a panic elsewhere: what is locked with it is changed in single steps.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

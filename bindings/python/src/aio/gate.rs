//! Where native threads enter Python, and where the end of the interpreter shuts them out.
//!
//! A thread that is inside Python when the interpreter is finalized is ended there, under Rust's feet.
//! So whoever ends the interpreter closes the gate and waits until all have left.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::door;

static INSIDE: AtomicUsize = AtomicUsize::new(0);
static IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// How long the end waits for those who are inside: each is there for one call of an event loop.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often it looks.
const LOOK_UP: Duration = Duration::from_millis(1);

/// Does something in Python; nothing, if the interpreter ends.
pub fn enter<T>(work: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    INSIDE.fetch_add(1, Ordering::SeqCst);
    let done = if IS_CLOSED.load(Ordering::SeqCst) { None } else { Python::try_attach(work) };
    INSIDE.fetch_sub(1, Ordering::SeqCst);
    done
}

/// Counts anew in a forked child, where those who were inside are not.
pub fn forked() {
    INSIDE.store(0, Ordering::SeqCst);
}

/// Let no native thread of `fairlane.aio` call Python any more; called when the interpreter ends.
#[pyfunction]
pub fn _shut_out(py: Python<'_>) -> PyResult<()> {
    door::run(py, || {
        IS_CLOSED.store(true, Ordering::SeqCst);
        let until = Instant::now() + PATIENCE;
        while INSIDE.load(Ordering::SeqCst) > 0 && Instant::now() < until {
            thread::sleep(LOOK_UP);
        }
    })
}

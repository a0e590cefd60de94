//! Ctrl-C while a call waits.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// How soon a waiting main thread notices a signal.
const INTERVAL: Duration = Duration::from_millis(50);

/// Lets Python's signal handlers run while a call waits.
///
/// Python runs them in its main thread alone, so that a wait in any other thread never wakes up to
/// look.
pub struct Signals {
    in_main_thread: bool,
}

impl Signals {
    /// Looks which thread is calling.
    pub fn of(py: Python<'_>) -> PyResult<Self> {
        static GET_IDENT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        static MAIN_THREAD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let caller = GET_IDENT.import(py, "threading", "get_ident")?.call0()?;
        // Asked anew each time: in a forked child another thread may be the main one.
        let main = MAIN_THREAD.import(py, "threading", "main_thread")?.call0()?.getattr("ident")?;
        Ok(Self { in_main_thread: caller.eq(main)? })
    }

    /// Gives the longest time between two checks.
    pub fn interval(&self) -> Duration {
        if self.in_main_thread { INTERVAL } else { Duration::MAX }
    }

    /// Runs the handlers of signals that came; an exception of theirs ends the wait.
    pub fn check(&self) -> PyResult<()> {
        if self.in_main_thread { Python::attach(|py| py.check_signals()) } else { Ok(()) }
    }
}

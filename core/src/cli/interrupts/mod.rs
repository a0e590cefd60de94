//! Ctrl-C and SIGTERM, counted instead of ending the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use crate::cli::failure::Failure;

use listener::Listener;

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod listener;

/// Signals that asked this process to end, since the value was made.
///
/// SIGHUP keeps its meaning, so that a program started by nohup outlives its terminal. On Windows
/// Ctrl-C, Ctrl-Break and the end of the console count, as Ctrl-C.
#[derive(Debug)]
pub(super) struct Interrupts {
    seen: Arc<Seen>,
    /// Listens until it is dropped.
    _listener: Listener,
}

#[derive(Debug, Default)]
struct Seen {
    count: AtomicUsize,
    first: AtomicI32,
}

impl Interrupts {
    /// Takes the signals over. `heard` is called after each with their number so far, on a thread
    /// of its own.
    pub(super) fn listen(heard: impl Fn(usize) + Send + 'static) -> Result<Self, Failure> {
        let seen = Arc::new(Seen::default());
        let counter = Arc::clone(&seen);
        let listener = Listener::start(move |signal| heard(counter.add(signal)));
        let refuse = |error| Failure::system(format!("cannot listen for signals: {error}"));
        Ok(Self { seen, _listener: listener.map_err(refuse)? })
    }

    /// Tells how many came.
    pub(super) fn count(&self) -> usize {
        self.seen.count.load(Ordering::SeqCst)
    }

    /// Gives the exit code of a process that a signal ended, if one came: 128 and its number.
    pub(super) fn exit_code(&self) -> Option<i32> {
        (self.count() > 0).then(|| 128 + self.seen.first.load(Ordering::SeqCst))
    }
}

impl Seen {
    fn add(&self, signal: i32) -> usize {
        // Only the first matters: a later one finds the place taken.
        let _ = self.first.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        self.count.fetch_add(1, Ordering::SeqCst) + 1
    }
}

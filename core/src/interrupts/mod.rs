//! Ctrl-C and SIGTERM, counted instead of ending the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use crate::error::{Error, ErrorCode, Result};

use listener::Listener;

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod listener;

/// What the signals do when nobody listens any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Afterwards {
    /// They end the process, as they do by default.
    End,
    /// Nothing: the process is about to end with an exit code of its own.
    #[cfg(feature = "cli")]
    Ignore,
}

/// Signals that asked this process to end, since the value was made.
///
/// SIGHUP keeps its meaning, so that a program started by nohup outlives its terminal. On Windows
/// Ctrl-C, Ctrl-Break and the end of the console count, as Ctrl-C.
#[derive(Debug)]
pub(crate) struct Interrupts {
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
    /// Takes the signals over, for good if they are ignored afterwards. `heard` is called after each
    /// with their number so far, on a thread of its own.
    pub(crate) fn listen(
        afterwards: Afterwards,
        heard: impl Fn(usize) + Send + 'static,
    ) -> Result<Self> {
        let seen = Arc::new(Seen::default());
        let counter = Arc::clone(&seen);
        let listener = Listener::start(afterwards, move |signal| heard(counter.add(signal)));
        let refuse = |error| {
            Error::new(ErrorCode::Unavailable, format!("cannot listen for signals: {error}"))
        };
        Ok(Self { seen, _listener: listener.map_err(refuse)? })
    }

    /// Tells how many came.
    pub(crate) fn count(&self) -> usize {
        self.seen.count.load(Ordering::SeqCst)
    }

    /// Gives the exit code of a process that a signal ended, if one came: 128 and its number.
    #[cfg(feature = "cli")]
    pub(crate) fn exit_code(&self) -> Option<i32> {
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

//! Ctrl-C and SIGTERM, counted instead of ending the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use crate::cli::failure::Failure;

/// Signals that asked this process to end, since the value was made.
///
/// SIGHUP keeps its meaning, so that a program started by nohup outlives its terminal. Where there
/// are no such signals, nothing is ever counted.
#[derive(Debug)]
pub(super) struct Interrupts {
    seen: Arc<Seen>,
    #[cfg(unix)]
    listener: signal_hook::iterator::Handle,
}

#[derive(Debug, Default)]
struct Seen {
    count: AtomicUsize,
    first: AtomicI32,
}

impl Interrupts {
    /// Takes the signals over. `heard` is called after each with their number so far, on a thread
    /// of its own.
    #[cfg(unix)]
    pub(super) fn listen(heard: impl Fn(usize) + Send + 'static) -> Result<Self, Failure> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        use signal_hook::iterator::Signals;

        let refuse =
            |error: std::io::Error| Failure::system(format!("cannot listen for signals: {error}"));
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(refuse)?;
        let listener = signals.handle();
        let seen = Arc::new(Seen::default());
        let counter = Arc::clone(&seen);
        std::thread::Builder::new()
            .name("fairlane-signals".into())
            .spawn(move || {
                for signal in signals.forever() {
                    heard(counter.add(signal));
                }
            })
            .map_err(refuse)?;
        Ok(Self { seen, listener })
    }

    /// Counts nothing: there are no such signals here.
    #[cfg(not(unix))]
    pub(super) fn listen(_: impl Fn(usize) + Send + 'static) -> Result<Self, Failure> {
        Ok(Self { seen: Arc::default() })
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

#[cfg(unix)]
impl Drop for Interrupts {
    fn drop(&mut self) {
        self.listener.close();
    }
}

impl Seen {
    #[cfg_attr(not(unix), expect(dead_code))]
    fn add(&self, signal: i32) -> usize {
        // Only the first matters: a later one finds the place taken.
        let _ = self.first.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        self.count.fetch_add(1, Ordering::SeqCst) + 1
    }
}

//! Unix: signals, on a thread that ends with the listener.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_default;
use signal_hook::iterator::{Handle, Signals};

use crate::interrupts::Afterwards;
use crate::lock::lock;

const SIGNALS: [i32; 2] = [SIGINT, SIGTERM];

/// Whether a signal is to end the process, as nobody listens. What once took a signal over keeps it,
/// and has to do then what the system would do.
static IS_UNHEARD: AtomicBool = AtomicBool::new(false);
static LISTENERS: Mutex<Listeners> = Mutex::new(Listeners { count: 0, is_default_kept: false });

#[derive(Debug)]
struct Listeners {
    count: usize,
    /// Whether what nobody hears does what it does by default.
    is_default_kept: bool,
}

#[derive(Debug)]
pub(super) struct Listener {
    handle: Handle,
    afterwards: Afterwards,
}

impl Listener {
    pub(super) fn start(
        afterwards: Afterwards,
        heard: impl Fn(i32) + Send + 'static,
    ) -> io::Result<Self> {
        let mut signals = Signals::new(SIGNALS)?;
        let listener = Self { handle: signals.handle(), afterwards };
        listener.enter()?;
        std::thread::Builder::new().name("fairlane-signals".into()).spawn(move || {
            for signal in signals.forever() {
                heard(signal);
            }
        })?;
        Ok(listener)
    }

    fn enter(&self) -> io::Result<()> {
        let mut listeners = lock(&LISTENERS);
        listeners.count += 1;
        IS_UNHEARD.store(false, Ordering::SeqCst);
        if !listeners.is_default_kept {
            listeners.is_default_kept = true;
            for signal in SIGNALS {
                register_conditional_default(signal, &IS_UNHEARD)?;
            }
        }
        Ok(())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut listeners = lock(&LISTENERS);
        listeners.count -= 1;
        let is_end = self.afterwards == Afterwards::End && listeners.count == 0;
        IS_UNHEARD.store(is_end, Ordering::SeqCst);
        self.handle.close();
    }
}

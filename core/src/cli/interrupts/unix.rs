//! Unix: signals, on a thread that ends with the listener.

use std::io;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

#[derive(Debug)]
pub(super) struct Listener(Handle);

impl Listener {
    pub(super) fn start(heard: impl Fn(i32) + Send + 'static) -> io::Result<Self> {
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let handle = signals.handle();
        std::thread::Builder::new().name("fairlane-signals".into()).spawn(move || {
            for signal in signals.forever() {
                heard(signal);
            }
        })?;
        Ok(Self(handle))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.close();
    }
}

//! Windows: what the console tells its programs.

use std::io;
use std::sync::{Mutex, OnceLock};

use crate::interrupts::Afterwards;
use crate::lock::lock;

/// The number of the signal that Ctrl-C is elsewhere.
const SIGINT: i32 = 2;

type Heard = Box<dyn Fn(i32) + Send>;

/// Who listens. The handler of a process is set once, and stays.
static HEARD: Mutex<Option<Heard>> = Mutex::new(None);

#[derive(Debug)]
pub(super) struct Listener(());

impl Listener {
    /// Ctrl-C ends the process afterwards, whatever was asked for.
    pub(super) fn start(
        _afterwards: Afterwards,
        heard: impl Fn(i32) + Send + 'static,
    ) -> io::Result<Self> {
        static SET: OnceLock<Result<(), String>> = OnceLock::new();
        *lock(&HEARD) = Some(Box::new(heard));
        let set = SET.get_or_init(|| ctrlc::set_handler(hear).map_err(|error| error.to_string()));
        set.clone().map(|()| Self(())).map_err(io::Error::other)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        *lock(&HEARD) = None;
    }
}

fn hear() {
    match &*lock(&HEARD) {
        Some(heard) => heard(SIGINT),
        // As if there were no handler.
        None => std::process::exit(128 + SIGINT),
    }
}

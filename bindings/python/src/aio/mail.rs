//! The way to the thread of a queue.

use std::sync::mpsc::Sender;

use crate::aio::call::Call;

/// Hands calls to a thread of this process. In a forked child it hands over nothing: the thread is not
/// there, and may have held a lock when the process was forked.
#[derive(Clone)]
pub struct Mail {
    process: u32,
    calls: Sender<Call>,
}

impl Mail {
    pub fn new(calls: Sender<Call>) -> Self {
        Self { process: std::process::id(), calls }
    }

    /// Tells whether the thread is one of this process.
    pub fn is_here(&self) -> bool {
        self.process == std::process::id()
    }

    /// Hands a call in; gives it back if there is no thread that would take it.
    pub fn send(&self, call: Call) -> Result<(), Call> {
        if !self.is_here() {
            return Err(call);
        }
        self.calls.send(call).map_err(|refused| refused.0)
    }
}

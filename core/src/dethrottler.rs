//! The dethrottler: a thread that sweeps a queue at an interval.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::{Error, ErrorCode, Result};
use crate::queue::Queue;

/// A running dethrottler; see [`Queue::start_dethrottler`]. Dropping it stops it.
#[derive(Debug)]
pub struct Dethrottler {
    /// Dropped to tell the thread to end.
    alive: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Dethrottler {
    pub(crate) fn start(queue: Queue, interval: Duration) -> Result<Self> {
        if interval.is_zero() {
            return Err(Error::invalid("interval 0 is not accepted: accepted is any longer time"));
        }
        let (alive, ended) = channel::<()>();
        let thread = std::thread::Builder::new()
            .name("fairlane-dethrottler".into())
            .spawn(move || {
                while ended.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                    match queue.dethrottle() {
                        Ok(_) => {}
                        Err(error) if error.code() == ErrorCode::Closed => break,
                        Err(error) => log::warn!("dethrottler: {error}"),
                    }
                }
            })
            .map_err(|error| {
                Error::new(ErrorCode::Unavailable, format!("no thread for a dethrottler: {error}"))
            })?;
        Ok(Self { alive: Some(alive), thread: Some(thread) })
    }

    /// Stops the dethrottler and waits until a sweep under way has ended. Stopping again is
    /// harmless.
    pub fn stop(&mut self) {
        self.alive = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("dethrottler: its thread panicked");
        }
    }
}

impl Drop for Dethrottler {
    fn drop(&mut self) {
        self.stop();
    }
}

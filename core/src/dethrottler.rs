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
    /// The process that has the thread; a forked child has none.
    process: u32,
}

impl Dethrottler {
    pub(crate) fn start(queue: Queue, interval: Duration) -> Result<Self> {
        Self::check_interval(interval)?;
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
        Ok(Self { alive: Some(alive), thread: Some(thread), process: crate::fork::process() })
    }

    /// Checks how often a dethrottler is to sweep; for hosts that do so with timers of their own.
    ///
    /// # Errors
    /// `InvalidArgument` if the interval is 0.
    pub fn check_interval(interval: Duration) -> Result<()> {
        if interval.is_zero() {
            return Err(Error::invalid("interval 0 is not accepted: accepted is any longer time"));
        }
        Ok(())
    }

    /// Stops the dethrottler and waits until a sweep under way has ended. Stopping again is
    /// harmless. In a forked child there is nothing to stop: threads do not cross a fork.
    pub fn stop(&mut self) {
        let (alive, thread) = (self.alive.take(), self.thread.take());
        if self.process != crate::fork::process() {
            // Not even dropped: the thread that is gone may have held the channel's lock.
            std::mem::forget((alive, thread));
            return;
        }
        drop(alive);
        if thread.is_some_and(|thread| thread.join().is_err()) {
            log::error!("dethrottler: its thread panicked");
        }
    }
}

impl Drop for Dethrottler {
    fn drop(&mut self) {
        self.stop();
    }
}

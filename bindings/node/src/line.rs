//! The thread of a queue: makes its calls, one batch after the other.
//!
//! Each open queue has one, so that a queue whose server does not answer holds up no other. Calls are
//! made in the order in which JavaScript made them. Those that came while the thread was at work are
//! taken together, and neighbours of one verb become one call of fairlane: with 64 pushes in flight
//! a commit carries many of them, as in a program with 64 threads, but without those.
//!
//! A pop that has to wait is handed to a thread of its own kind ([`fairlane::waits`]).
//!
//! Where the store is memory, a few calls are made by JavaScript's own thread if the queue's sleeps:
//! nothing there blocks, and to wake a thread, and to be woken by it, takes longer than they do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};

use fairlane::clock::ManualClock;
use fairlane::{Error, ErrorCode, Queue, Result};
use napi::bindgen_prelude::{Float64ArraySlice, Uint8ArraySlice};
use napi_derive::napi;

use crate::door;
use crate::inbox::{Arrived, Inbox};
use crate::outbox::{Outbox, lock};
use crate::packet::{Packet, Reader};
use crate::queue::Desk;

/// What became of calls that were handed in.
const HANDED_OVER: u32 = 0;
const MADE: u32 = 1;
const FETCHED: u32 = 2;

/// Hands calls to the thread of one queue. The thread ends when this is collected, as nobody can
/// ask for anything any more.
#[napi]
pub struct Line {
    inbox: Arc<Inbox>,
    queue: Arc<OnceLock<Queue>>,
    outbox: Arc<Outbox>,
    desk: Arc<Mutex<Desk>>,
    /// Whether a worker works for the queue, whose threads may be in the store at any time.
    is_lent: AtomicBool,
}

#[napi]
impl Line {
    /// Hands calls in, which are one part at the start of the first two arrays. If they were made there
    /// and then, JavaScript is not called for the results; they are moved into the other two arrays,
    /// unless those are too small.
    #[napi]
    pub fn submit(
        &self,
        numbers: &[f64],
        bytes: &[u8],
        result_numbers: Float64ArraySlice<'_>,
        result_bytes: Uint8ArraySlice<'_>,
    ) -> napi::Result<u32, &'static str> {
        door::entered(|| {
            let reader = Reader::new(numbers, bytes).part()?;
            let is_alone = self.inbox.is_idle() && !self.is_lent.load(Ordering::Relaxed);
            if is_alone && lock(&self.desk).make_if_brief(reader.clone()) {
                let is_fetched = self.outbox.fetch(result_numbers, result_bytes);
                return Ok(if is_fetched { FETCHED } else { MADE });
            }
            if self.inbox.put(reader.to_packet()).is_err() {
                // The queue is closed, so that each call is refused at once, and for its arguments
                // first if they are wrong.
                let (queue, outbox) = (Arc::clone(&self.queue), Arc::clone(&self.outbox));
                Desk::new(queue, outbox, None).make(&[reader]);
            }
            Ok(HANDED_OVER)
        })
    }

    /// Lets the thread end after what was handed in, the last of which closes the queue.
    #[napi]
    pub fn end(&self) -> napi::Result<(), &'static str> {
        door::entered(|| {
            self.inbox.end();
            Ok(())
        })
    }
}

impl Line {
    /// Gives the queue, which must be open, for a worker.
    pub fn lend(&self) -> Result<Queue> {
        self.is_lent.store(true, Ordering::Relaxed);
        self.queue.get().cloned().ok_or_else(Error::closed)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.inbox.end();
    }
}

/// A thread of a queue, and how it is told to end.
pub struct Running {
    inbox: Arc<Inbox>,
    queue: Arc<OnceLock<Queue>>,
    thread: JoinHandle<()>,
}

impl Running {
    /// Tells whether the thread is gone.
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Lets the thread end soon: it drops what it has not begun, and its queue is closed, which cuts
    /// short what waits for a server.
    pub fn abandon(&self) {
        self.inbox.abandon();
        if let Some(queue) = self.queue.get() {
            queue.close();
        }
    }

    /// Waits until the thread has ended.
    pub fn join(self) {
        // It keeps its panics to itself.
        drop(self.thread.join());
    }
}

/// Starts the thread of a queue that is yet to be opened.
pub fn start(outbox: Arc<Outbox>, clock: Option<Arc<ManualClock>>) -> Result<(Line, Running)> {
    let inbox = Arc::new(Inbox::default());
    let queue = Arc::new(OnceLock::new());
    let desk = Desk::new(Arc::clone(&queue), Arc::clone(&outbox), clock);
    let desk = Arc::new(Mutex::new(desk));
    let (mail, own) = (Arc::clone(&inbox), Arc::clone(&desk));
    let thread = thread::Builder::new()
        .name("fairlane".into())
        .spawn(move || serve(&mail, &own))
        .map_err(|error| {
        let message = format!("thread of the queue cannot be started: {error}");
        Error::new(ErrorCode::Unavailable, message)
    })?;
    let is_lent = AtomicBool::new(false);
    let line = Line { inbox: Arc::clone(&inbox), queue: Arc::clone(&queue), outbox, desk, is_lent };
    Ok((line, Running { inbox, queue, thread }))
}

fn serve(inbox: &Inbox, desk: &Mutex<Desk>) {
    loop {
        let next = lock(desk).expire();
        match inbox.take(next) {
            Arrived::Packets(packets) => {
                let readers: Vec<_> = packets.iter().map(Packet::reader).collect();
                lock(desk).make(&readers);
            }
            Arrived::Nothing => {}
            Arrived::Ended => break,
        }
    }
    lock(desk).end();
}

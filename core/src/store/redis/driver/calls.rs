//! Calls from any number of threads, joined into pipelines.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use redis::Cmd;

use crate::combine::Combiner;
use crate::error::{Error, ErrorCode, Result};
use crate::lock::lock;
use crate::options::QueueOptions;
use crate::store::redis::driver::address::Address;
use crate::store::redis::driver::closing::Closing;
use crate::store::redis::driver::endpoint::Endpoint;
use crate::store::redis::driver::locator::Locator;
use crate::store::redis::driver::pipeline::Pipeline;
use crate::store::redis::driver::post::Post;
use crate::store::redis::driver::shared::Shared;
use crate::store::redis::driver::task::{Act, Task};
use crate::store::redis::driver::trouble::Trouble;
use crate::store::redis::driver::waiter::Waiter;
use crate::store::redis::driver::waiting::Waiting;
use crate::store::redis::protocol::{Reply, Request};

/// The least time that a call has, so that it is sent once even with a `busy_timeout` of 0. Spent in
/// line behind other calls it is not sent.
const LEAST_PATIENCE: Duration = Duration::from_millis(10);

/// Makes calls to one server, or to the node of a cluster that serves one queue: the keys of all
/// requests must be in one slot.
///
/// Concurrent calls of many threads travel as pipelines on two connections, which are made by the
/// first call on each and made anew when they break. A child of a fork finds this out by itself and
/// makes connections of its own; the parent's are left alone.
pub struct Calls {
    shared: Arc<Shared>,
    line: ArcSwap<Line>,
}

/// What belongs to one process.
struct Line {
    process: u32,
    /// Two, so that one batch is at the server while the callers of the other are told and come
    /// again.
    combiners: [Combiner<Pipeline>; 2],
    locator: Arc<Locator>,
    /// Places that waiters have left.
    parked: Mutex<Vec<Post>>,
}

impl Calls {
    /// Makes the door to a server; connects at the first call.
    ///
    /// # Errors
    /// `Internal` if the system gives no random numbers.
    pub fn new(address: Address, options: &QueueOptions) -> Result<Self> {
        let shared = Arc::new(Shared {
            address,
            call_timeout: options.call_timeout,
            busy_timeout: options.busy_timeout,
            closing: Closing::default(),
        });
        let line = ArcSwap::from_pointee(Line::new(&shared)?);
        Ok(Self { shared, line })
    }

    /// Carries out a request. Blocks until the reply is there, and sends the request again, marked
    /// as repeated, if the connection broke or the server could not serve it yet.
    ///
    /// # Errors
    /// `Timeout`, `ConnectionLost` or `Unavailable`, once [`QueueOptions::busy_timeout`] has passed:
    /// the request may have been carried out. `Unavailable`, `InvalidArgument` and others at once,
    /// with the server's words, where waiting does not help. `Closed`.
    pub fn call(&self, request: Request) -> Result<Reply> {
        self.submit(Act::Call(request), self.shared.busy_timeout)
    }

    /// Carries out a command whose repetition does no harm; the words are the command's name and
    /// its arguments.
    ///
    /// # Errors
    /// As [`Calls::call`].
    pub fn command<Word: AsRef<[u8]>>(&self, words: &[Word]) -> Result<Reply> {
        let mut command = Cmd::new();
        for word in words {
            command.arg(word.as_ref());
        }
        self.command_within(command, self.shared.busy_timeout)
    }

    /// Enters a worker that waits for the marker under `key`. Sends nothing before the first wait.
    pub fn waiter(&self, key: &[u8]) -> Waiter<'_> {
        Waiter::new(self, key.to_vec())
    }

    /// Ends all calls and waits with `Closed`, and closes the connections. Blocks until the calls
    /// under way have ended: for about 100 ms, or as long as it takes to connect.
    pub fn close(&self) {
        self.shared.closing.close();
        let line = self.line.load();
        if line.process == std::process::id() {
            for combiner in &line.combiners {
                combiner.runner().hang_up();
            }
            lock(&line.parked).clear();
        }
    }

    /// Does what [`Calls::command`] does, but gives up earlier or later.
    pub(super) fn command_within(&self, command: Cmd, patience: Duration) -> Result<Reply> {
        self.submit(Act::Command(command), patience)
    }

    /// Sends a command on a connection for it alone, also when the handle is closed.
    pub(super) fn say_apart(&self, command: &Cmd, patience: Duration) -> Result<Reply> {
        let locator = &self.line()?.locator;
        let reply =
            locator.ask_apart(command, &self.shared.address, patience, &Closing::default())?;
        Ok(reply)
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Tells whether waiters look again now and then, without a call by the server.
    pub fn polls(&self) -> bool {
        matches!(self.shared.address.waiting, Waiting::Poll(_))
    }

    /// Gives a place to wait in: one that another waiter has left, or a new one.
    pub(super) fn post(&self) -> std::result::Result<Post, Trouble> {
        let line = self.line().map_err(Trouble::Final)?;
        let parked = lock(&line.parked).pop();
        parked.map_or_else(|| Post::open(&self.shared, &line.locator), Ok)
    }

    /// Keeps a place for the next waiter.
    pub(super) fn park(&self, post: Post) {
        if let Ok(line) = self.line() {
            lock(&line.parked).push(post);
        }
    }

    /// Remembers that `answered` sent a waiter to `target`.
    pub(super) fn moved(&self, target: &str, answered: &Endpoint) {
        if let (Ok(line), Some(owner)) = (self.line(), Endpoint::redirected(target, answered)) {
            line.locator.moved(owner);
        }
    }

    /// Remembers that a node does not serve the queue.
    pub(super) fn lost(&self, endpoint: &Endpoint) {
        if let Ok(line) = self.line() {
            line.locator.lost(endpoint);
        }
    }

    fn submit(&self, act: Act, patience: Duration) -> Result<Reply> {
        self.shared.closing.check()?;
        let deadline = Instant::now() + patience.max(LEAST_PATIENCE);
        let task = Task { act, deadline };
        self.line()?.combiner().submit(task).unwrap_or_else(|| {
            Err(Error::new(ErrorCode::Internal, "a call was left without an answer"))
        })
    }

    /// Gives the line of this process. That of the parent of a fork may be locked for ever, by a
    /// thread that is not here.
    fn line(&self) -> Result<Arc<Line>> {
        let line = self.line.load();
        if line.process == std::process::id() {
            return Ok(Arc::clone(&line));
        }
        let own = Arc::new(Line::new(&self.shared)?);
        let found = self.line.compare_and_swap(&*line, Arc::clone(&own));
        // If it was not swapped, another thread of this process has been quicker.
        Ok(if Arc::ptr_eq(&found, &line) { own } else { Arc::clone(&found) })
    }
}

impl Line {
    fn new(shared: &Arc<Shared>) -> Result<Self> {
        let locator = Arc::new(Locator::default());
        let combiner = || -> Result<_> {
            Ok(Combiner::new(Pipeline::new(Arc::clone(shared), Arc::clone(&locator))?))
        };
        let combiners = [combiner()?, combiner()?];
        Ok(Self { process: std::process::id(), combiners, locator, parked: Mutex::default() })
    }

    /// Gives the combiner of the calling thread, always the same one.
    fn combiner(&self) -> &Combiner<Pipeline> {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static NUMBER: usize = THREADS.fetch_add(1, Ordering::Relaxed);
        }
        &self.combiners[NUMBER.with(|number| number % self.combiners.len())]
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Calls").field("address", &self.shared.address).finish_non_exhaustive()
    }
}

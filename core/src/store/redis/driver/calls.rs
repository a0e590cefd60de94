//! Calls from any number of threads, joined into pipelines.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use redis::Cmd;

use crate::combine::Combiner;
use crate::error::{Error, ErrorCode, Result};
use crate::options::QueueOptions;
use crate::store::redis::driver::address::Address;
use crate::store::redis::driver::closing::Closing;
use crate::store::redis::driver::locator::Locator;
use crate::store::redis::driver::pipeline::Pipeline;
use crate::store::redis::driver::shared::Shared;
use crate::store::redis::driver::task::{Act, Task};
use crate::store::redis::protocol::{Reply, Request};

/// Makes calls to one server, or to the node of a cluster that serves one queue: the keys of all
/// requests must be in one slot.
///
/// Concurrent calls of many threads travel as one pipeline on one connection, which is made by the
/// first call and made anew when it breaks. A child of a fork finds this out by itself and makes a
/// connection of its own; the parent's is left alone.
pub struct Calls {
    shared: Arc<Shared>,
    line: ArcSwap<Line>,
}

/// What belongs to one process.
struct Line {
    process: u32,
    combiner: Combiner<Pipeline>,
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
        self.submit(Act::Call(request))
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
        self.submit(Act::Command(command))
    }

    /// Ends all calls and waits with `Closed`, those under way within about 100 ms.
    pub fn close(&self) {
        self.shared.closing.close();
    }

    fn submit(&self, act: Act) -> Result<Reply> {
        self.shared.closing.check()?;
        let task = Task { act, deadline: Instant::now() + self.shared.busy_timeout };
        self.line()?.combiner.submit(task).unwrap_or_else(|| {
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
        let pipeline = Pipeline::new(Arc::clone(shared), locator)?;
        Ok(Self { process: std::process::id(), combiner: Combiner::new(pipeline) })
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Calls").field("address", &self.shared.address).finish_non_exhaustive()
    }
}

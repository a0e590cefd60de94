//! Background work inside a process, one piece a key over all machines.
//!
//! Who does what: `hand`s, as many threads as calls may run at once, call the function; one thread
//! keeps the holds of all that waits and runs, and ends those of what is done (`keeper`). They share
//! the `board`, and belong to one process, the `crew`: a forked child has a new one.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::error::{Error, ErrorCode, Result};
use crate::lock::lock;
use crate::queue::Queue;

use crew::{Crew, Plan};

pub use event::Event;
pub use options::{BackgroundOptions, Observer};
pub use outcome::Outcome;

mod board;
mod crew;
mod event;
mod hand;
mod keeper;
mod options;
mod outcome;

/// Calls a function with what is scheduled, on threads of its own: at most one piece of work a key,
/// over all processes that use the queue.
///
/// The work stays in this process: its argument is any value, is never stored, and is gone with the
/// process. The queue keeps the keys alone ([`crate::store`] calls that a hold), apart from the keys
/// of jobs; it holds one from when it is scheduled until the function has returned and the backoff
/// has passed, counted from when it was scheduled. The key of a process that died comes free within
/// [`BackgroundOptions::lease`], or when its backoff has passed if that is later.
///
/// ```
/// use std::time::Duration;
/// use fairlane::{BackgroundProcessor, Queue};
///
/// let queue = Queue::open("memory:", "refresh")?;
/// let (tell, told) = std::sync::mpsc::channel();
/// let processor = BackgroundProcessor::new(&queue, move |name: &str| tell.send(name));
/// let minute = Duration::from_secs(60);
/// assert!(processor.schedule("user-7", minute, "ada")?);
/// assert!(!processor.schedule("user-7", minute, "ada")?); // nor in any other process
/// assert_eq!(told.recv().unwrap(), "ada");
/// processor.close(true, Duration::from_secs(10));
/// # Ok::<(), fairlane::Error>(())
/// ```
///
/// Threads start with the first piece of work. In a forked child a processor begins anew, with
/// nothing waiting: what waits in the parent is the parent's. Dropping a processor closes it as
/// [`BackgroundProcessor::close`] does without draining and with no time to end.
pub struct BackgroundProcessor<T: Send + 'static> {
    plan: Arc<Plan<T>>,
    crew: Mutex<Arc<Crew<T>>>,
    is_closed: AtomicBool,
}

impl<T: Send + 'static> BackgroundProcessor<T> {
    /// Makes a processor on a queue, with default options. The function is called once a piece of
    /// work; an error or a panic of it is told to the log, and changes nothing else.
    pub fn new<O: Into<Outcome>>(
        queue: &Queue,
        function: impl Fn(T) -> O + Send + Sync + 'static,
    ) -> Self {
        Self::on(queue, BackgroundOptions::default(), function)
    }

    /// Makes a processor on a queue.
    ///
    /// # Errors
    /// `InvalidArgument` if an option is out of range.
    pub fn with_options<O: Into<Outcome>>(
        queue: &Queue,
        options: BackgroundOptions,
        function: impl Fn(T) -> O + Send + Sync + 'static,
    ) -> Result<Self> {
        options.validate()?;
        Ok(Self::on(queue, options, function))
    }

    fn on<O: Into<Outcome>>(
        queue: &Queue,
        options: BackgroundOptions,
        function: impl Fn(T) -> O + Send + Sync + 'static,
    ) -> Self {
        let function = Box::new(move |arg| function(arg).into());
        let plan = Arc::new(Plan { queue: queue.clone(), function, options });
        let crew = Mutex::new(Crew::new(Arc::clone(&plan)));
        Self { plan, crew, is_closed: AtomicBool::new(false) }
    }

    /// Has the function called with `arg`, unless work under `key` waits in this process, or the key
    /// is held anywhere; tells whether it will be. The key is held while the work waits and runs, and
    /// until `remote_backoff` from now has passed; 0 frees it with the end of the work.
    ///
    /// Waits for the store's answer. While the store cannot serve,
    /// [`BackgroundOptions::fail_open`] decides, and nothing is scheduled under a key under which
    /// work waits or runs in this process.
    ///
    /// # Errors
    /// `InvalidArgument` if the key or the backoff is out of range; `Closed`; those of the store.
    pub fn schedule(&self, key: &str, remote_backoff: Duration, arg: T) -> Result<bool> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(Error::new(ErrorCode::Closed, "background processor is closed"));
        }
        self.crew().schedule(key, remote_backoff, arg)
    }

    /// Tells how many pieces of work wait in this process; what runs is not counted.
    pub fn queue_length(&self) -> usize {
        self.crew().board.waiting()
    }

    /// Frees the keys of all processors on the queue, everywhere: what waits or runs goes on, and
    /// frees nothing that was scheduled after this. Work that waits in this process still keeps its
    /// key from being scheduled here.
    ///
    /// # Errors
    /// Those of the store.
    pub fn bump_remote_dedup_key(&self) -> Result<()> {
        self.plan.queue.bump_holds()
    }

    /// Takes no more work. If `drain`, does what waits, as long as that takes no longer than
    /// `timeout`; what has not begun then is dropped, as all that waits is if not `drain`, and its
    /// keys come free at once, whatever their backoff. Then waits up to `timeout` for what runs.
    /// Returns within about a second of that even if the store is away; tells whether every call of
    /// the function has returned. Closing again is harmless.
    pub fn close(&self, drain: bool, timeout: Duration) -> bool {
        self.is_closed.store(true, Ordering::Release);
        self.crew().close(drain, timeout)
    }

    /// Takes no more work, and does what waits, as [`BackgroundProcessor::close`] does, without
    /// waiting.
    pub fn drain(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.crew().drain();
    }

    /// Waits up to `timeout` until nothing waits or runs any more in a processor that was closed;
    /// tells whether that is so.
    pub fn wait_for(&self, timeout: Duration) -> bool {
        self.crew().wait_for(timeout)
    }

    fn crew(&self) -> Arc<Crew<T>> {
        let mut crew = lock(&self.crew);
        if !crew.is_here() {
            *crew = Crew::new(Arc::clone(&self.plan));
        }
        Arc::clone(&crew)
    }
}

impl<T: Send + 'static> Drop for BackgroundProcessor<T> {
    fn drop(&mut self) {
        self.close(false, Duration::ZERO);
    }
}

impl<T: Send + 'static> fmt::Debug for BackgroundProcessor<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("BackgroundProcessor")
            .field("queue", &self.plan.queue)
            .field("waiting", &self.queue_length())
            .finish_non_exhaustive()
    }
}

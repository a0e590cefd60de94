//! Workers: handlers that are called with the jobs of one or more queues.
//!
//! Who does what: one thread a queue pops (`popper`); `hand`s, as many threads as jobs may run at
//! once, call the handler and end the deliveries; one thread extends all leases and watches the time
//! (`keeper`). They share the `board`, and know of each other by it alone. All of them belong to one
//! start of a worker, the `crew`: a worker that is started again has a new one, even if a handler of
//! the old one has not come back.
//!
//! Where handlers run on something else than threads, such as an event loop, there are no hands: the
//! deliveries go out to a [`Receiver`] and the verdicts come back ([`Assignment::end`]), and one
//! thread a queue (`ender`) ends together what has come.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::clock::millis;
use crate::error::{Error, ErrorCode, Result};
#[cfg(feature = "signals")]
use crate::interrupts::{Afterwards, Interrupts};
use crate::job::{DEFAULT_LEASE, validate_span};
use crate::lock::lock;
use crate::queue::Queue;

use board::Parting;
use crew::Crew;
use plan::{Hands, Plan, Source};

pub use assignment::{Assignment, Receiver};
pub use delivery::Delivery;
pub use event::Event;
pub(crate) use hand::{defect, panic_text};
pub use signal::{Reason, Signal};
pub use verdict::Verdict;

mod assignment;
mod board;
mod crew;
mod delivery;
mod ender;
mod ending;
mod event;
mod hand;
mod keeper;
mod pace;
mod persist;
mod plan;
mod popper;
mod signal;
mod turns;
mod verdict;
mod verdicts;

/// How often a run looks whether a signal came.
#[cfg(feature = "signals")]
const LOOK_UP: Duration = Duration::from_millis(50);

/// The most jobs that one worker runs at once.
pub const MAX_CONCURRENCY: usize = 1_024;

/// Where a worker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerState {
    /// Not started, or ended: [`Worker::start`] starts it.
    Stopped,
    /// Takes jobs.
    Running,
    /// Takes no more jobs; some still run.
    Stopping,
}

impl WorkerState {
    /// Gives the name that every host shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Running => "running",
            Self::Stopping => "stopping",
        }
    }
}

/// Calls a handler with the jobs of one or more queues, on threads of its own.
///
/// The lease of a job is extended for as long as its handler runs. What the handler gives back ends
/// the delivery: see [`Verdict`]; a panic counts as a failed try.
///
/// ```
/// use std::time::Duration;
/// use fairlane::{NewJob, Queue, Worker};
///
/// let queue = Queue::open("memory:", "mail")?;
/// queue.push(NewJob::new("hello"))?;
/// let (tell, told) = std::sync::mpsc::channel();
/// let worker = Worker::new(&queue, move |job| -> Result<(), std::sync::mpsc::SendError<_>> {
///     tell.send(job.payload.clone()) // an error has the job tried again after its backoff
/// });
/// worker.start()?;
/// assert_eq!(told.recv().unwrap(), b"hello");
/// worker.stop(Duration::from_secs(10)); // or `run`, until Ctrl-C or SIGTERM
/// # Ok::<(), fairlane::Error>(())
/// ```
///
/// Dropping a worker stops it as [`Worker::stop`] does with no time to end.
pub struct Worker {
    plan: Plan,
    crew: Mutex<Option<Arc<Crew>>>,
}

impl Worker {
    /// Makes a worker on a queue; it does nothing before it is started.
    ///
    /// The handler is called on many threads at once, once a delivery.
    pub fn new<V: Into<Verdict>>(
        queue: &Queue,
        handler: impl Fn(&Delivery) -> V + Send + Sync + 'static,
    ) -> Self {
        Self::with(queue, Hands::Own(Arc::new(move |delivery| handler(delivery).into())))
    }

    /// Makes a worker whose handlers run elsewhere, such as on an event loop: `receiver` is handed
    /// deliveries and says later how each ended. It holds no thread a job.
    pub fn dispatching(queue: &Queue, receiver: Arc<dyn Receiver>) -> Self {
        Self::with(queue, Hands::Elsewhere(receiver))
    }

    fn with(queue: &Queue, hands: Hands) -> Self {
        let plan = Plan {
            sources: vec![Source { queue: queue.clone(), weight: 1 }],
            hands,
            around: None,
            observer: None,
            concurrency: std::thread::available_parallelism().map_or(1, usize::from),
            lease: Duration::from_millis(DEFAULT_LEASE.unsigned_abs()),
            timeout: None,
            max_jobs: u64::MAX,
            until_empty: false,
        };
        Self { plan, crew: Mutex::default() }
    }

    /// Takes jobs of a further queue too. Where jobs of several queues wait, each gets slots in
    /// proportion to its weight, 1 for the first queue; a job that comes to a queue without any may
    /// begin beyond [`Worker::concurrency`] in that it waits in the process for the next slot.
    #[must_use]
    pub fn also(mut self, queue: &Queue, weight: u32) -> Self {
        self.plan.sources.push(Source { queue: queue.clone(), weight });
        self
    }

    /// Runs at most that many jobs at once, 1 to 1,024; as many as there are processors by default.
    /// Of quick jobs more are taken, as many as will begin within 2 ms and 256 at most; they wait in
    /// the process, count as in flight, and go back untried if they have not begun after 50 ms.
    #[must_use]
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.plan.concurrency = concurrency;
        self
    }

    /// Sets how long after this process died its jobs come again at the latest; 120 s by default.
    /// Leases are extended at a third of that time.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.plan.lease = lease;
        self
    }

    /// Gives up a handler that takes longer: its signal is raised, the try counts as failed and the
    /// job may run again elsewhere. A thread cannot be ended from outside: its slot is free again
    /// when the handler returns. Without end by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.plan.timeout = Some(timeout);
        self
    }

    /// Stops by itself when handlers have begun with that many jobs, each try counted, and have
    /// returned; what was taken ahead goes back untried. Without end by default.
    #[must_use]
    pub fn max_jobs(mut self, max_jobs: u64) -> Self {
        self.plan.max_jobs = max_jobs;
        self
    }

    /// Stops by itself when none of its queues has a job that is ready, delayed or in flight with
    /// any worker; the jobs of paused lanes are waited for, those that are blocked by dead jobs are
    /// not. It looks when it has found no job, and fifty times a second from then on.
    #[must_use]
    pub fn until_empty(mut self) -> Self {
        self.plan.until_empty = true;
        self
    }

    /// Calls handlers within `around`, which is to call what it is given, once: several handlers, one
    /// after the other, where they are quick. For handlers that need a lock, such as an interpreter's.
    #[must_use]
    pub fn within(mut self, around: impl Fn(&mut dyn FnMut()) + Send + Sync + 'static) -> Self {
        self.plan.around = Some(Arc::new(around));
        self
    }

    /// Has events told to `observer`, on the thread that caused each.
    #[must_use]
    pub fn observer(mut self, observer: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.plan.observer = Some(Arc::new(observer));
        self
    }

    /// Starts taking jobs; harmless if it runs already. One that was stopped may be started again.
    ///
    /// # Errors
    /// `InvalidArgument` if an option is out of range; `Unavailable` if it is still stopping or the
    /// system gives no threads.
    pub fn start(&self) -> Result<()> {
        self.validate()?;
        let mut crew = lock(&self.crew);
        match crew.as_ref().map_or(WorkerState::Stopped, |crew| crew.state()) {
            WorkerState::Running => Ok(()),
            WorkerState::Stopping => Err(Error::new(
                ErrorCode::Unavailable,
                "worker is stopping: it may be started when it has stopped",
            )),
            WorkerState::Stopped => {
                *crew = Some(Crew::start(self.plan.clone())?);
                Ok(())
            }
        }
    }

    /// Starts, and works until SIGINT or SIGTERM, on Windows Ctrl-C; then stops as [`Worker::stop`]
    /// does within `stop_timeout`. A second signal gives back at once what still runs. Blocks; to be
    /// called on any thread. When it has returned, the signals end the process as they do by default:
    /// a program with handlers of its own for them calls `start` and `stop`.
    ///
    /// # Errors
    /// Those of [`Worker::start`] and [`Worker::wait`]; `Unavailable` if the system refuses to pass
    /// signals on.
    #[cfg(feature = "signals")]
    pub fn run(&self, stop_timeout: Duration) -> Result<()> {
        let interrupts = Interrupts::listen(Afterwards::End, |_| {})?;
        self.start()?;
        while interrupts.count() == 0 && !self.wait_for(LOOK_UP) {}
        self.drain();
        let until = Instant::now().checked_add(stop_timeout);
        let is_over = || until.is_some_and(|until| Instant::now() >= until);
        while interrupts.count() < 2 && !is_over() && !self.wait_for(LOOK_UP.min(stop_timeout)) {}
        self.stop(Duration::ZERO);
        self.failure().map_or(Ok(()), Err)
    }

    /// Takes no more jobs, gives those back untried that have not begun, and waits up to `timeout`
    /// for the handlers that run; their signals are raised at once, for whoever wants to look. Then
    /// what still runs is given back untried too, and its verdict will not count. Returns within a
    /// second of `timeout` even if the store is away; tells whether every handler has returned.
    /// Harmless if it has stopped already.
    pub fn stop(&self, timeout: Duration) -> bool {
        let crew = lock(&self.crew).clone();
        crew.is_none_or(|crew| crew.stop(Instant::now().checked_add(timeout)))
    }

    /// Takes no more jobs from now on, as [`Worker::stop`] does, without waiting.
    pub fn drain(&self) {
        if let Some(crew) = lock(&self.crew).clone() {
            crew.drain();
        }
    }

    /// Takes no more jobs and gives back untried what still runs, without waiting.
    pub fn give_up(&self) {
        if let Some(crew) = lock(&self.crew).clone() {
            crew.give_up();
        }
    }

    /// Ends as if the process had been killed, but at once and on every store: what runs lapses, which
    /// charges its try, and what has not begun goes back untried. For hosts that are being torn down
    /// under their handlers. Returns within a second, and tells whether every handler has returned.
    pub fn abandon(&self) -> bool {
        let crew = lock(&self.crew).clone();
        crew.is_none_or(|crew| crew.part(Parting::Lapse))
    }

    /// Waits for `timeout` at most until the worker has stopped; tells whether it has.
    pub fn wait_for(&self, timeout: Duration) -> bool {
        let crew = lock(&self.crew).clone();
        crew.is_none_or(|crew| crew.wait_for(timeout))
    }

    /// Waits until the worker has stopped.
    ///
    /// # Errors
    /// Why it stopped by itself: the queue was closed, or is broken beyond trying again.
    pub fn wait(&self) -> Result<()> {
        let crew = lock(&self.crew).clone();
        crew.map_or(Ok(()), |crew| crew.wait())
    }

    /// Gives why the worker stopped by itself, if it did; does not wait.
    pub fn failure(&self) -> Option<Error> {
        let crew = lock(&self.crew).clone();
        crew.and_then(|crew| crew.failure())
    }

    /// Tells where the worker stands.
    pub fn state(&self) -> WorkerState {
        let crew = lock(&self.crew).clone();
        crew.map_or(WorkerState::Stopped, |crew| crew.state())
    }

    fn validate(&self) -> Result<()> {
        let concurrency = self.plan.concurrency;
        if !(1..=MAX_CONCURRENCY).contains(&concurrency) {
            return Err(Error::invalid(format!(
                "concurrency {concurrency} is out of range: accepted are 1 to {MAX_CONCURRENCY}"
            )));
        }
        if self.plan.sources.iter().any(|source| source.weight == 0) {
            return Err(Error::invalid("weight 0 is out of range: accepted is 1 or more"));
        }
        let lease = millis(self.plan.lease);
        if lease == 0 {
            return Err(Error::invalid("lease 0 ms is out of range: a worker extends its leases"));
        }
        validate_span("lease", lease)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Worker").field("state", &self.state()).finish_non_exhaustive()
    }
}

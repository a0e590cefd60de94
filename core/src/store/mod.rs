//! The waist: everything above knows a queue's store by [`Store`] alone.
//!
//! # The rules that every store keeps
//!
//! They are written here once; [`model`] states them as plain code, and random sequences check that
//! the stores agree with it, result by result and dump by dump.
//!
//! **Time.** Every changing call reads the clock once. `now` never goes back by a little: within
//! [`CLOCK_TOLERANCE`] of the latest moment recorded by an earlier changing call, that moment is
//! used instead. A call that changed nothing need not record its moment. A clock that was set back
//! by more shifts every future moment that the store keeps (due times, lease ends, throttles, the
//! history of starts, ends of keys and holds) back by the same amount, so that what remained to wait still remains
//! and nothing is stuck. When a job was pushed and when it died stay as they were written.
//!
//! **Settling.** A changing call first moves what has come due, in this order:
//! 1. leases with `lease_until <= now`, latest first (by end, then id, both descending), each to
//!    the front of its lane, so that the earliest stands foremost: `lapses` + 1, and dead with error
//!    [`LAPSED`] if its tries are spent;
//! 2. delayed jobs with `due_at <= now`, by `(due_at, id)`, each to the back of its lane;
//! 3. lanes that are still throttled with `wakes_at <= now`, by `(wakes_at, name)`.
//!
//! Looking (`stats`, `lanes`, `get`, `peek`, `failed`, `dump`) moves nothing and reads no clock: it
//! shows what the latest changing call left.
//!
//! **Order in a lane.** Priority descending, then position; "back" and "front" are the ends within
//! one priority.
//!
//! **Readiness.** A lane is ready if it has a ready job, is not paused, is below `max_in_flight`,
//! is not throttled, and its rate admits the foremost job ([`crate::fair::next_start`]). It is
//! looked at again after every single change to it: the move of one job with all that comes with it
//! (a rate that came with a push, the end of a delivery, the charge for a start) is one change. When
//! it becomes ready: `start = max(start, V)`, and `turn` is the next number of the queue's counter.
//! A lane that stays ready keeps its turn. A throttled lane `wakes_at` the later of the end of its
//! `throttle` and the moment at which its rate admits the foremost job.
//!
//! **Pop.** One job at a time, until enough: nothing if the queue is paused, at its own
//! `max_in_flight`, or throttled. Else the ready lane with the lowest `(load, start, turn)` and its
//! foremost job; if the queue's own rate does not admit that job, nothing. Then
//! `V = max(V, start)`, `start = V + charge(cost, weight)`, tries + 1, deliveries + 1, and the
//! start is remembered for the lane and the queue, each only if it has a rate, with what it counts
//! against that rate ([`crate::fair::rate_cost`]). With lease 0 the job is complete at once and is
//! never in flight.
//!
//! **History.** Starts of one moment are one entry. A start is forgotten by the first changing call
//! that finds it older than the window of that time; lifting the rate forgets all of them.
//!
//! **Push.** Job by job: if the key is held, the holder is given and nothing else is looked at. Else
//! the parent is checked, then the room in the lane, then the room in the queue; then the rate that
//! came with the job is set, and the job takes the next id. Restored jobs need no room.
//!
//! **A busy period ends** when, at the end of a changing call, nothing is in flight and no lane is
//! ready: `V` becomes the highest `start` ever given in this queue. No debt outlives the work.
//!
//! **Results.** A completion may leave one, which is kept until `now + ttl`; a ttl of 0 keeps nothing.
//! From that moment on, by the clock, it is gone for everyone; a clock that was set back shifts the
//! moment like any other. Who asks after a job looks at it as any look does, but at its result by
//! the clock: it is gone if its moment is not after the later of the clock and the latest moment
//! recorded. Asking leaves a result as it is. Rows of results that are gone may stay for a while:
//! each completion that keeps a result deletes some, and each sweep more.
//!
//! **Endings.** `complete` removes the job, lets its key go, and releases its children by id: ready
//! at the back, or delayed if their time has not come. Then follow-ups are pushed. `release` takes
//! back the try and puts the job to the front, or delays it. `retry` delays it by the given delay or
//! by its backoff for `tries - 1` earlier failures (a delay of 0 puts it to the back at once); dead
//! if `max_tries >= 0` and `tries >= max_tries`. `fail` makes it dead.
//!
//! **Dead** jobs leave the lane, let their key go and enter the archive, which keeps the newest
//! `max_failed` by `(died_at, id)`. A job that leaves the archive for good, or is cancelled or
//! purged, takes along the jobs blocked on it, and theirs, as if they were cancelled. A restored job
//! goes to the back of its lane by `(died_at, id)`, ready at once, with tries 0, and takes its key
//! again; if another job holds it, it has none from then on.
//!
//! **Keys.** Held while the job is queued or running, and until `pushed_at + ttl`. A push whose key
//! is held changes nothing and gives the holder. Cancelled and purged jobs let go at once, whatever
//! their ttl. After `bump_keys` all keys are free, and no job, live or dead, has one any more.
//!
//! **Holds** are keys that processes take for work of their own, which no queue stores. They know
//! nothing of the keys of jobs, and those nothing of them. `hold` takes a key for an owner, a number
//! drawn anew for each hold, and gives false if another owner has it; an owner that has it already is
//! told true, and nothing changes, so that a call may be made again. A hold lasts until the later of
//! `now + lease` and its `kept_until`, which is `now + backoff` of the call that took it. `keep` has
//! it last until the later of a new `now + lease` and `kept_until`, and tells whether its owner has
//! it still. `let_go` has it last until `kept_until`, or no longer if the work was not done. Both
//! change nothing for an owner that has lost the key: because its hold was over, or by `bump_holds`,
//! which frees all of them. A hold that is over is as if it had never been. Holds of one call are
//! taken in its order.
//!
//! **Parents.** `after` names a job of this queue. If it is queued, running or dead, the new job is
//! blocked. If it is gone, it has completed, and the new job is not blocked. An id that was never
//! given is an `InvalidArgument`.
//!
//! **Schedules.** A store keeps of a schedule what it pushes, the moment of its next tick and the
//! latest tick that is settled; when it ticks is reckoned by the facade. `schedule` keeps one: if one
//! of that name differs in nothing but its moments, nothing changes; else the new one takes its
//! place, with the given next tick and none settled. A tick has come at `next_at <= now`. A pop tells
//! that one has come, and is not held up by it; nothing is pushed by that. `fire` pushes the given
//! jobs and sets both moments, or does nothing: nothing if the schedule is gone or its next tick is
//! not the one that the caller reckoned with. So of all who see a tick come, one pushes. When the
//! clock is set back, the next tick of a schedule of the calendar stays where it is, and that of any
//! other is shifted; what was settled stays.
//!
//! **A lane is gone** when it has no job in any live state, no limits from `set_limits` that differ
//! from the defaults, no pause, no throttle, no start within its window, and `start <= V`. A rate
//! that came with a push goes with it. It goes between calls: at the moment of the next changing
//! call, before that settles. A lane that is emptied and filled again within one call stays. A store
//! may keep the row for longer, but nothing can be told from that.
//!
//! **Repair** believes the rows of jobs, and puts all else in order by them: places, counters,
//! indexes, sums. A queue in order stays as it is. A job that stands nowhere is taken for one whose
//! lease has lapsed: nobody knows whether a worker has it. What left no row that can be read is lost,
//! and counted as set aside.
//!
//! **All or nothing.** A call that gives an error has changed nothing but what settling moved. In a
//! `finish` this holds for each ending by itself.

use std::time::Duration;

use crate::clock::Millis;
use crate::error::Result;
use crate::job::{Job, JobInfo, NewJob, Pushed};
use crate::job_result::JobResult;
use crate::lane::{LaneInfo, Stats};
use crate::limits::{Limits, LimitsChange};
use crate::schedule::{Schedule, ScheduleInfo};
use crate::token::{JobId, Token};

mod fate;
mod hold;
pub mod model;
#[cfg(feature = "redis-protocol")]
pub mod redis;
mod repaired;
pub mod sharded;
#[cfg(feature = "sqlite")]
pub mod sqlite;

pub use fate::{Ear, Fate, Listener, News};
pub use hold::{Held, HoldDump, NewHold, Owner};
pub use repaired::Repaired;

/// How far the clock may go back before stored moments are shifted, in milliseconds.
pub const CLOCK_TOLERANCE: Millis = 2_000;

/// The error text of a job that died because its last lease lapsed.
pub const LAPSED: &str = "lease lapsed";

/// What a pop asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// The most jobs to deliver; at least 1.
    pub count: usize,
    /// The lease in milliseconds; 0 means at most once.
    pub lease: Millis,
}

/// What a pop gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The jobs, in the order in which they were chosen.
    pub jobs: Vec<Job>,
    /// When to look again, given when fewer jobs than asked came: nothing that may yield a job comes
    /// due before, unless a ring tells. A store may name an earlier moment, but none that has come.
    pub next_due: Option<Millis>,
    /// Whether the tick of a schedule has come and is to be fired. A tick that has come is not in
    /// `next_due`.
    pub has_tick: bool,
}

/// How a delivery ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The job is done; these follow.
    Complete {
        /// The jobs to push in the same step.
        then: Vec<NewJob>,
        /// What the job leaves behind.
        result: Option<JobResult>,
    },
    /// The job goes back untried, after `delay` milliseconds.
    Release {
        /// 0 puts it to the front at once.
        delay: Millis,
    },
    /// The try failed.
    Retry {
        /// Why.
        error: String,
        /// The delay in milliseconds; by the job's backoff if `None`.
        delay: Option<Millis>,
        /// What jitter is drawn from, in `[0, 1)`.
        random: f64,
    },
    /// The job failed for good.
    Fail {
        /// Why.
        error: String,
    },
}

impl Outcome {
    /// The job is done, and nothing follows or is left of it.
    pub fn done() -> Self {
        Self::Complete { then: Vec::new(), result: None }
    }

    /// Tells whether the job is done, and nothing follows or is left of it.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Complete { then, result: None } if then.is_empty())
    }
}

/// The end of one delivery.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// The delivery.
    pub token: Token,
    /// How it ends.
    pub outcome: Outcome,
}

/// A change to a lane, or to the whole queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneChange {
    /// Sets limits.
    Limits(LimitsChange),
    /// Starts no more jobs.
    Pause,
    /// Starts jobs again.
    Resume,
    /// Starts no job for that many milliseconds; 0 ends an earlier throttle.
    Throttle(Millis),
}

/// Which dead jobs a verb is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailedFilter {
    /// All of them.
    All,
    /// Those of one lane.
    Lane(String),
    /// These; ids that are not dead are passed over.
    Ids(Vec<JobId>),
}

/// What a sweep moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Delayed jobs that came due.
    pub due: u64,
    /// Leases that lapsed.
    pub lapsed: u64,
    /// Throttled lanes whose time came and that nothing else had made ready before.
    pub woken: u64,
}

/// The ticks that have come; see [`Store::ticks`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ticks {
    /// The moment of the call.
    pub now: Millis,
    /// The schedules whose ticks have come, by `(next_at, name)`.
    pub due: Vec<ScheduleInfo>,
}

/// What settles the ticks of a schedule that have come.
#[derive(Debug, Clone, PartialEq)]
pub struct Firing {
    /// The schedule.
    pub name: String,
    /// The lane of its jobs.
    pub lane: String,
    /// The tick that is thought to be its next.
    pub expected: Millis,
    /// The latest tick that this settles.
    pub last_at: Millis,
    /// Its next tick from then on.
    pub next_at: Millis,
    /// What is pushed.
    pub jobs: Vec<NewJob>,
}

/// One queue in one store. Every verb takes and gives batches, blocks until it is done, and may be
/// called from any number of threads.
///
/// Arguments have been validated by the facade.
pub trait Store: Send + Sync {
    /// Pushes all the jobs, or none.
    fn push(&self, jobs: Vec<NewJob>) -> Result<Vec<Pushed>>;

    /// Delivers up to `ask.count` jobs; does not wait.
    fn pop(&self, ask: Ask) -> Result<Batch>;

    /// Ends deliveries, each by itself: one stale token does not hinder the others.
    fn finish(&self, endings: Vec<Ending>) -> Result<Vec<Result<()>>>;

    /// Makes leases last `lease` milliseconds from now, each by itself.
    fn extend(&self, tokens: Vec<Token>, lease: Millis) -> Result<Vec<Result<()>>>;

    /// Changes a lane, made if need be, or the whole queue (`None`).
    fn configure(&self, lane: Option<String>, change: LaneChange) -> Result<()>;

    /// Moves what is due, keeps house, and rings idle workers.
    fn sweep(&self) -> Result<Swept>;

    /// Counts.
    fn stats(&self) -> Result<Stats>;

    /// Estimates the bytes of memory that the store spends on the queue; `None` if it cannot tell.
    fn memory(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Lists up to `limit` lanes by name, from the first name greater than `after`.
    fn lanes(&self, after: Option<String>, limit: usize) -> Result<Vec<LaneInfo>>;

    /// Looks at one lane; `None` if there is none of that name.
    fn lane(&self, name: String) -> Result<Option<LaneInfo>>;

    /// Looks at a job, dead ones included; `None` if it is completed, cancelled or was never pushed.
    fn get(&self, id: JobId) -> Result<Option<JobInfo>>;

    /// Looks at the first `count` ready jobs of a lane, in the order in which it will serve them.
    fn peek(&self, lane: String, count: usize) -> Result<Vec<JobInfo>>;

    /// Looks what has become of a job.
    ///
    /// # Errors
    /// `InvalidArgument` if it was never pushed.
    fn fate(&self, id: JobId) -> Result<Fate>;

    /// Enters the calling thread as one who waits for the ends of jobs: for that of `only`, or for
    /// any that are awaited for `ear`.
    fn listener(&self, ear: Ear, only: Option<JobId>) -> Result<Box<dyn Listener + '_>>;

    /// Looks what has become of a job; if it has not ended, its end calls that listener, which has
    /// been entered. May be called again, and by any thread.
    ///
    /// # Errors
    /// `InvalidArgument` if it was never pushed.
    fn await_end(&self, id: JobId, ear: Ear) -> Result<Fate>;

    /// Has the end of a job call that listener no longer.
    fn give_up(&self, id: JobId, ear: Ear) -> Result<()>;

    /// Removes a job in whatever state, with those blocked on it; tells whether there was one.
    fn cancel(&self, id: JobId) -> Result<bool>;

    /// Removes the waiting jobs of a lane, or of the whole queue; tells how many went.
    fn purge(&self, lane: Option<String>) -> Result<u64>;

    /// Lists dead jobs, the latest first.
    fn failed(&self, count: usize) -> Result<Vec<JobInfo>>;

    /// Puts dead jobs back into their lanes; tells how many.
    fn restore(&self, filter: FailedFilter) -> Result<u64>;

    /// Forgets dead jobs; tells how many.
    fn clean(&self, filter: FailedFilter) -> Result<u64>;

    /// Frees all keys.
    fn bump_keys(&self) -> Result<()>;

    /// Takes keys that nobody else holds, each by itself; tells for each whether its owner has it.
    fn hold(&self, holds: Vec<NewHold>, lease: Millis) -> Result<Vec<bool>>;

    /// Makes holds last `lease` milliseconds from now; tells for each whether its owner has it still.
    fn keep(&self, holds: Vec<Held>, lease: Millis) -> Result<Vec<bool>>;

    /// Ends holds: once what they were kept for has passed too, or at once if the work was not done.
    fn let_go(&self, holds: Vec<Held>, is_done: bool) -> Result<()>;

    /// Ends all holds.
    fn bump_holds(&self) -> Result<()>;

    /// Keeps a schedule whose first tick is at `next_at`, unless one stands that differs in nothing
    /// but its moments.
    fn schedule(&self, schedule: Schedule, next_at: Millis) -> Result<()>;

    /// Ends a schedule; tells whether there was one. Jobs that it has pushed stay.
    fn unschedule(&self, name: String) -> Result<bool>;

    /// Lists the schedules by name.
    fn schedules(&self) -> Result<Vec<ScheduleInfo>>;

    /// Gives the moment, and up to `count` of the schedules whose ticks have come.
    fn ticks(&self, count: usize) -> Result<Ticks>;

    /// Settles ticks, if nobody else has done so; tells whether this call did.
    fn fire(&self, firing: Firing) -> Result<bool>;

    /// Mends what the queue counts and where its jobs stand, by the rows of its jobs and leases, in
    /// steps between which others are served.
    fn repair(&self) -> Result<Repaired>;

    /// Gives the whole state in a form in which equal states are equal.
    fn dump(&self) -> Result<Dump>;

    /// Enters the calling thread as a waiting worker until the value is dropped. What is pushed or
    /// comes free after this call rings it or another waiter.
    fn waiter(&self) -> Result<Box<dyn Waiter + '_>>;

    /// Closes the store for this handle: every waiting pop ends, every later call gives `Closed`.
    fn close(&self);
}

/// A worker that waits for work.
pub trait Waiter {
    /// Delivers as [`Store::pop`] does, to a worker that goes to sleep if nothing comes. Of many
    /// that sleep a store may tell only some of what comes due: each of the others then gets a
    /// later [`Batch::next_due`], or none, and is rung if it is needed.
    ///
    /// # Errors
    /// Those of the store.
    fn pop(&mut self, ask: Ask) -> Result<Batch>;

    /// Sleeps until rung, until `timeout` has passed, or until the store sees a reason to look
    /// again; never much longer. Returning promises nothing: pop to find out.
    ///
    /// # Errors
    /// `Closed`, once the store is closed.
    fn wait(&mut self, timeout: Duration) -> Result<()>;
}

/// The state of a queue; two queues that behave the same from here on have equal dumps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dump {
    /// The queue's virtual time.
    pub virtual_time: i64,
    /// The counts and sums.
    pub stats: Stats,
    /// The queue's own throttle, if it has not ended.
    pub throttled_until: Option<Millis>,
    /// The queue's starts within its window.
    pub history: Vec<(Millis, i64)>,
    /// The names of the ready lanes in the order in which they would be served.
    pub ready: Vec<String>,
    /// The lanes that are not gone, by name.
    pub lanes: Vec<LaneDump>,
    /// The live jobs by id, with their delivery counts.
    pub jobs: Vec<(JobInfo, u64)>,
    /// The dead jobs by id, with their delivery counts.
    pub dead: Vec<(JobInfo, u64)>,
    /// The keys that are held: name, holder, and the moment until which they are held at least; 0
    /// if only the holder itself still holds it.
    pub keys: Vec<(String, JobId, Millis)>,
    /// The holds that are not over, by key.
    pub holds: Vec<HoldDump>,
    /// The schedules by name.
    pub schedules: Vec<ScheduleInfo>,
    /// The results that are kept, by job, and until when.
    pub results: Vec<(JobId, Vec<u8>, Millis)>,
}

/// A lane in a [`Dump`].
#[derive(Debug, Clone, PartialEq)]
pub struct LaneDump {
    /// The lane's name.
    pub name: String,
    /// Its virtual time, at least the queue's.
    pub start: i64,
    /// The counts.
    pub counts: crate::lane::Counts,
    /// The limits.
    pub limits: Limits,
    /// Whether it is paused.
    pub paused: bool,
    /// Its `throttle`, if it has not ended.
    pub throttled_until: Option<Millis>,
    /// Its starts within its window.
    pub history: Vec<(Millis, i64)>,
    /// Its ready jobs in order.
    pub ready: Vec<JobId>,
}

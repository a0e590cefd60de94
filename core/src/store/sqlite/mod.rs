//! The embedded store: any number of queues in one SQLite file, or one in memory.
//!
//! From the outside in: [`SqliteStore`] is one handle on one queue. Handles of a process on the same
//! file share an `engine`: a leader queue in front of the `session`, which owns the one connection
//! and joins concurrent calls into one transaction, one sync. Inside a transaction each verb is a
//! `call` on one queue; `push`, `pop`, `finish`, `configure`, `remove`, `archive`, `keys`, `holds`,
//! `inbox` and `look` hold the verbs, `settle`, `place` and `ready_lanes` what they share, `books` and `journal` what is
//! written later than it is done, and the `*_row` files what is stored. The `bell` wakes threads of
//! this process, the `sidecar` knows and wakes the other processes; where there are none, `alone` stands for it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;

use crate::clock::Millis;
use crate::error::{Error, ErrorCode, Result};
use crate::job::{JobInfo, NewJob, Pushed};
use crate::lane::{LaneInfo, Stats};
use crate::options::{Durability, QueueOptions};
use crate::schedule::{Schedule, ScheduleInfo};
use crate::store::{
    Ask, Batch, Dump, Ear, Ending, FailedFilter, Fate, Firing, Held, LaneChange, Listener, NewHold,
    Outcome, Repaired, Store, Swept, Ticks, Waiter,
};
use crate::token::{JobId, Token};

mod ahead;
mod archive;
mod awaited;
mod bell;
mod books;
mod call;
mod clock_set_back;
mod configure;
mod crowd;
mod dump;
mod engine;
mod finish;
mod foremost;
pub(crate) mod fork;
mod gate;
mod holds;
mod inbox;
mod job_row;
mod journal;
mod keys;
mod lane_row;
mod listener;
mod log_row;
mod look;
mod place;
mod plain_rows;
mod pop;
mod push;
mod quarantine;
mod queue_row;
mod ready_lanes;
mod remove;
mod repair;
mod repair_sums;
mod results;
mod run;
mod schedule;
mod schema;
mod session;
mod settle;
#[cfg_attr(target_family = "wasm", path = "alone.rs")]
mod sidecar;
mod step;
mod terms;

use bell::{Purpose, Woken};
use call::Call;
use engine::{Engine, NOBODY};
pub use listener::Ends;
use queue_row::{QueueRow, row_of};
use session::Session;
use step::Step;
use terms::{OwnTerms, Terms};

/// One queue in a SQLite file, or in memory.
pub struct SqliteStore {
    /// `None` once the handle is closed.
    engine: ArcSwapOption<Engine>,
    is_closed: AtomicBool,
    path: Option<std::path::PathBuf>,
    terms: OwnTerms,
    is_full: bool,
    keeps_leases: bool,
}

impl SqliteStore {
    /// Opens a queue in a file; makes the file and the queue if there is none.
    ///
    /// # Errors
    /// `Corrupt`, `VersionMismatch`, `Unavailable`, `Timeout`; see [`crate::Queue::open_with`].
    pub fn open(path: &Path, name: &str, options: &QueueOptions) -> Result<Self> {
        let engine = Engine::of(path, options.busy_timeout)?;
        Self::on(engine, Some(path.to_owned()), name, options)
    }

    /// Makes a queue in memory, gone with the handle.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn in_memory(name: &str, options: &QueueOptions) -> Result<Self> {
        Self::on(Engine::in_memory()?, None, name, options)
    }

    fn on(
        engine: Arc<Engine>,
        path: Option<std::path::PathBuf>,
        name: &str,
        options: &QueueOptions,
    ) -> Result<Self> {
        let (own_name, drawn) = (name.to_owned(), fastrand::u32(..));
        let patience = options.busy_timeout;
        let (queue, tag) = engine
            .run(true, patience, move |session| QueueRow::open(session.sql()?, &own_name, drawn))?;
        let terms = OwnTerms {
            queue,
            tag,
            clock: Arc::clone(&options.clock),
            max_failed: options.max_failed,
            patience,
        };
        Ok(Self {
            engine: ArcSwapOption::from(Some(engine)),
            is_closed: AtomicBool::new(false),
            path,
            terms,
            is_full: options.durability == Durability::Full,
            keeps_leases: options.keep_leases,
        })
    }

    /// Gives the engine; in a forked child, one of the child's own.
    fn engine(&self) -> Result<Arc<Engine>> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(Error::closed());
        }
        let engine = self.engine.load_full().ok_or_else(Error::closed)?;
        if engine.is_ours() {
            return Ok(engine);
        }
        let Some(path) = &self.path else {
            return Err(Error::new(
                ErrorCode::Unsupported,
                "queue in memory does not cross a fork: open it in the process that uses it",
            ));
        };
        let reopened = fork::reopen(path, self.terms.patience)?;
        self.engine.store(Some(Arc::clone(&reopened)));
        Ok(reopened)
    }

    /// Makes a call that changes things.
    fn change<R: Send + 'static>(
        &self,
        is_durable: bool,
        owner: i64,
        mut verb: impl FnMut(&mut Call<'_>) -> Step<R> + Send + 'static,
    ) -> Result<R> {
        self.run(is_durable, owner, move |session, terms| session.change(terms, &mut verb))
    }

    /// Makes a call that pushes, pops or ends jobs.
    fn move_jobs<R: Send + 'static>(
        &self,
        is_durable: bool,
        owner: i64,
        mut verb: impl FnMut(&mut Call<'_>) -> Step<R> + Send + 'static,
    ) -> Result<R> {
        self.run(is_durable, owner, move |session, terms| session.move_jobs(terms, &mut verb))
    }

    /// Makes a call that only looks.
    fn look<R: Send + 'static>(
        &self,
        mut verb: impl FnMut(&Call<'_>) -> Step<R> + Send + 'static,
    ) -> Result<R> {
        self.run(false, NOBODY, move |session, terms| session.look(terms, &mut verb))
    }

    fn run<R: Send + 'static>(
        &self,
        is_durable: bool,
        owner: i64,
        mut act: impl FnMut(&mut Session, &Terms<'_>) -> Step<R> + Send + 'static,
    ) -> Result<R> {
        let terms = self.terms.clone();
        self.engine()?.run(self.is_full && is_durable, self.terms.patience, move |session| {
            act(session, &terms.lend(owner))
        })
    }

    fn fate_of(&self, job: i64) -> Result<Fate> {
        let clock = Arc::clone(&self.terms.clock);
        self.look(move |call| call.fate(job, clock.now()))
    }

    fn row_of(&self, id: JobId) -> i64 {
        row_of(self.terms.queue, id.0 as i64)
    }
}

impl Store for SqliteStore {
    fn push(&self, jobs: Vec<NewJob>) -> Result<Vec<Pushed>> {
        self.move_jobs(true, NOBODY, move |call| call.push(&jobs))
    }

    fn pop(&self, ask: Ask) -> Result<Batch> {
        let engine = self.engine()?;
        let owner = if self.keeps_leases { NOBODY } else { engine.owner(&self.terms)? };
        // Losing a pop only repeats a job; but at most once must not repeat it.
        let is_durable = ask.lease == 0;
        let batch = self.move_jobs(is_durable, owner, move |call| call.pop(ask))?;
        if !batch.jobs.is_empty() {
            return Ok(batch);
        }
        engine.look_after_the_dead(&self.terms)?;
        Ok(batch)
    }

    fn finish(&self, endings: Vec<Ending>) -> Result<Vec<Result<()>>> {
        // Losing a completion only repeats a job, but follow-ups are pushes.
        let has_pushes = |ending: &Ending| matches!(&ending.outcome, Outcome::Complete { then, .. } if !then.is_empty());
        let is_durable = endings.iter().any(has_pushes);
        self.move_jobs(is_durable, NOBODY, move |call| call.finish(&endings))
    }

    fn extend(&self, tokens: Vec<Token>, lease: Millis) -> Result<Vec<Result<()>>> {
        self.change(false, 0, move |call| call.extend(&tokens, lease))
    }

    fn configure(&self, lane: Option<String>, change: LaneChange) -> Result<()> {
        self.change(true, 0, move |call| call.configure(lane.as_deref(), change))
    }

    fn sweep(&self) -> Result<Swept> {
        let engine = self.engine()?;
        engine.look_after_the_dead(&self.terms)?;
        let terms = self.terms.clone();
        let swept = engine.run(false, self.terms.patience, move |session| {
            session.change(&terms.lend(0), |call| {
                call.keep_house()?;
                call.entered = call.entered.max(1);
                Ok(call.swept)
            })
        })?;
        engine.keep_house();
        Ok(swept)
    }

    fn stats(&self) -> Result<Stats> {
        self.look(|call| call.stats())
    }

    fn lanes(&self, after: Option<String>, limit: usize) -> Result<Vec<LaneInfo>> {
        self.look(move |call| {
            let lanes = call.lanes(after.as_deref().unwrap_or(""), limit)?;
            Ok(lanes.into_iter().map(look::lane_info).collect())
        })
    }

    fn lane(&self, name: String) -> Result<Option<LaneInfo>> {
        self.look(move |call| call.lane(&name))
    }

    fn get(&self, id: JobId) -> Result<Option<JobInfo>> {
        let row = self.row_of(id);
        self.look(move |call| call.get(row))
    }

    fn peek(&self, lane: String, count: usize) -> Result<Vec<JobInfo>> {
        self.look(move |call| call.peek(&lane, count))
    }

    fn fate(&self, id: JobId) -> Result<Fate> {
        self.fate_of(self.row_of(id))
    }

    fn listener(&self, ear: Ear, _only: Option<JobId>) -> Result<Box<dyn Listener + '_>> {
        Ok(Box::new(self.listen(ear)?))
    }

    fn await_end(&self, id: JobId, ear: Ear) -> Result<Fate> {
        self.await_row(self.row_of(id), ear)
    }

    fn give_up(&self, id: JobId, ear: Ear) -> Result<()> {
        self.give_up_row(self.row_of(id), ear)
    }

    fn cancel(&self, id: JobId) -> Result<bool> {
        let row = self.row_of(id);
        self.change(true, 0, move |call| call.cancel(row))
    }

    fn purge(&self, lane: Option<String>) -> Result<u64> {
        self.change(true, 0, move |call| call.purge(lane.as_deref()))
    }

    fn failed(&self, count: usize) -> Result<Vec<JobInfo>> {
        self.look(move |call| {
            let generation = call.queue.key_generation;
            Ok(call.failed(count)?.into_iter().map(|dead| dead.info(generation)).collect())
        })
    }

    fn restore(&self, filter: FailedFilter) -> Result<u64> {
        self.change(true, 0, move |call| call.restore(&filter))
    }

    fn clean(&self, filter: FailedFilter) -> Result<u64> {
        self.change(true, 0, move |call| call.clean(&filter))
    }

    fn bump_keys(&self) -> Result<()> {
        self.change(true, 0, |call| call.bump_keys())
    }

    fn hold(&self, holds: Vec<NewHold>, lease: Millis) -> Result<Vec<bool>> {
        // What a power loss takes of the holds goes with the processes that had them.
        self.change(false, NOBODY, move |call| call.hold(&holds, lease))
    }

    fn keep(&self, holds: Vec<Held>, lease: Millis) -> Result<Vec<bool>> {
        self.change(false, NOBODY, move |call| call.keep(&holds, lease))
    }

    fn let_go(&self, holds: Vec<Held>, is_done: bool) -> Result<()> {
        self.change(false, NOBODY, move |call| call.let_go(&holds, is_done))
    }

    fn bump_holds(&self) -> Result<()> {
        self.change(true, NOBODY, |call| call.bump_holds())
    }

    fn schedule(&self, schedule: Schedule, next_at: Millis) -> Result<()> {
        self.change(true, NOBODY, move |call| call.schedule(&schedule, next_at))
    }

    fn unschedule(&self, name: String) -> Result<bool> {
        self.change(true, NOBODY, move |call| call.unschedule(&name))
    }

    fn schedules(&self) -> Result<Vec<ScheduleInfo>> {
        self.look(|call| call.schedules())
    }

    fn ticks(&self, count: usize) -> Result<Ticks> {
        self.change(false, NOBODY, move |call| call.ticks(count))
    }

    fn fire(&self, firing: Firing) -> Result<bool> {
        self.change(true, NOBODY, move |call| call.fire(&firing))
    }

    fn repair(&self) -> Result<Repaired> {
        let mut repaired = Repaired::default();
        let mut stage = Some(repair::Stage::Jobs(i64::MAX));
        while let Some(this) = stage {
            let (next, found) = self.change(true, NOBODY, move |call| call.repair(this))?;
            repaired += found;
            stage = next;
        }
        repaired.lanes = self.stats()?.lanes.unsigned_abs();
        Ok(repaired)
    }

    fn dump(&self) -> Result<Dump> {
        self.look(|call| call.dump())
    }

    fn waiter(&self) -> Result<Box<dyn Waiter + '_>> {
        let engine = self.engine()?;
        // Other processes ring a slot: without one this process would be deaf.
        engine.owner(&self.terms)?;
        let id = engine.bell.enter(Purpose::Work);
        Ok(Box::new(SqliteWaiter { store: self, engine, id }))
    }

    fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        if let Some(engine) = self.engine.swap(None) {
            engine.bell.ring_all_here();
        }
    }
}

/// A worker that waits at an embedded store.
struct SqliteWaiter<'a> {
    store: &'a SqliteStore,
    engine: Arc<Engine>,
    id: u64,
}

impl Waiter for SqliteWaiter<'_> {
    fn pop(&mut self, ask: Ask) -> Result<Batch> {
        self.store.pop(ask)
    }

    fn wait(&mut self, timeout: Duration) -> Result<()> {
        let woken = self.engine.bell.sleep(self.id, timeout);
        if self.store.is_closed.load(Ordering::Acquire) {
            return Err(Error::closed());
        }
        if woken == Woken::Tick {
            self.engine.look_after_the_dead(&self.store.terms)?;
        }
        Ok(())
    }
}

impl Drop for SqliteWaiter<'_> {
    fn drop(&mut self) {
        self.engine.bell.leave(self.id);
    }
}

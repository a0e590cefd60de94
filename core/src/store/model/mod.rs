//! The rules of [`crate::store`] as plain code in memory: what every other store is checked
//! against.
//!
//! It is written to be read beside the rules. It keeps vectors and sorted maps, looks through all
//! of them at every call, and clones everything before a step that may fail. `state` holds the
//! words and what they have in common; each other file states a few verbs.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Millis};
use crate::error::{Error, Result};
use crate::job::{JobInfo, NewJob, Pushed};
use crate::lane::{LaneInfo, Stats};
use crate::options::QueueOptions;
use crate::schedule::{Schedule, ScheduleInfo};
use crate::store::{
    Ask, Batch, Dump, Ear, Ending, FailedFilter, Fate, Firing, Held, LaneChange, Listener, NewHold,
    News, Repaired, Store, Swept, Ticks, Waiter,
};
use crate::token::{JobId, Token};

mod archive;
mod finish;
mod holds;
mod lanes;
mod look;
mod pop;
mod push;
mod remove;
mod results;
mod schedule;
mod settle;
mod state;

use state::State;

/// The reference model: one queue in memory, slow and obvious.
pub struct ModelStore {
    clock: Arc<dyn Clock>,
    shared: Mutex<Shared>,
    bell: Condvar,
}

struct Shared {
    state: State,
    closed: bool,
    /// How often the bell was rung: a waiter sleeps until this has moved.
    rings: u64,
}

impl ModelStore {
    /// Makes an empty queue whose tokens carry `tag`. Of the options it heeds `max_failed` and
    /// `clock`.
    pub fn new(options: &QueueOptions, tag: u32) -> Self {
        let state = State::new(tag, options.max_failed);
        Self {
            clock: Arc::clone(&options.clock),
            shared: Mutex::new(Shared { state, closed: false, rings: 0 }),
            bell: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look<T>(&self, at: impl FnOnce(&State) -> T) -> Result<T> {
        let shared = self.lock();
        if shared.closed { Err(Error::closed()) } else { Ok(at(&shared.state)) }
    }

    /// Makes one changing call: settles, does `verb`, and ends a busy period if it is over.
    fn change<T>(&self, verb: impl FnOnce(&mut State, Swept) -> T) -> Result<T> {
        let mut shared = self.lock();
        if shared.closed {
            return Err(Error::closed());
        }
        let state = &mut shared.state;
        let swept = state.begin(self.clock.now());
        let result = verb(state, swept);
        state.end();
        Ok(result)
    }

    fn change_and_ring<T>(&self, verb: impl FnOnce(&mut State, Swept) -> T) -> Result<T> {
        let result = self.change(verb)?;
        self.ring();
        Ok(result)
    }

    fn enter(&self) -> Result<ModelWaiter<'_>> {
        let shared = self.lock();
        if shared.closed {
            return Err(Error::closed());
        }
        Ok(ModelWaiter { store: self, heard: shared.rings })
    }

    fn ring(&self) {
        self.lock().rings += 1;
        self.bell.notify_all();
    }
}

impl Store for ModelStore {
    fn push(&self, jobs: Vec<NewJob>) -> Result<Vec<Pushed>> {
        self.change_and_ring(|state, _| state.push(jobs))?
    }

    fn pop(&self, ask: Ask) -> Result<Batch> {
        // A pop rings no worker: what it settled, it took or will be found by who waits for that
        // time. But a job may have ended.
        self.change_and_ring(|state, _| state.pop(ask))
    }

    fn finish(&self, endings: Vec<Ending>) -> Result<Vec<Result<()>>> {
        self.change_and_ring(|state, _| {
            endings.into_iter().map(|ending| state.finish(ending)).collect()
        })
    }

    fn extend(&self, tokens: Vec<Token>, lease: Millis) -> Result<Vec<Result<()>>> {
        self.change(|state, _| tokens.into_iter().map(|token| state.extend(token, lease)).collect())
    }

    fn configure(&self, lane: Option<String>, change: LaneChange) -> Result<()> {
        self.change_and_ring(|state, _| state.configure(lane, change))
    }

    fn sweep(&self) -> Result<Swept> {
        self.change_and_ring(|_, swept| swept)
    }

    fn stats(&self) -> Result<Stats> {
        self.look(State::stats)
    }

    fn lanes(&self, after: Option<String>, limit: usize) -> Result<Vec<LaneInfo>> {
        self.look(|state| state.lane_infos(after.as_deref(), limit))
    }

    fn lane(&self, name: String) -> Result<Option<LaneInfo>> {
        self.look(|state| state.lane_info(&name))
    }

    fn get(&self, id: JobId) -> Result<Option<JobInfo>> {
        self.look(|state| state.get(id))
    }

    fn peek(&self, lane: String, count: usize) -> Result<Vec<JobInfo>> {
        self.look(|state| state.peek(&lane, count))
    }

    fn fate(&self, id: JobId) -> Result<Fate> {
        self.look(|state| state.fate(id, self.clock.now()))?
    }

    fn listener(&self, _ear: Ear, _only: Option<JobId>) -> Result<Box<dyn Listener + '_>> {
        Ok(Box::new(ModelListener(self.enter()?)))
    }

    fn await_end(&self, id: JobId, _ear: Ear) -> Result<Fate> {
        self.fate(id)
    }

    fn give_up(&self, _id: JobId, _ear: Ear) -> Result<()> {
        Ok(())
    }

    fn cancel(&self, id: JobId) -> Result<bool> {
        self.change_and_ring(|state, _| state.cancel(id))
    }

    fn purge(&self, lane: Option<String>) -> Result<u64> {
        self.change_and_ring(|state, _| state.purge(lane.as_deref()))
    }

    fn failed(&self, count: usize) -> Result<Vec<JobInfo>> {
        self.look(|state| state.failed(count))
    }

    fn restore(&self, filter: FailedFilter) -> Result<u64> {
        self.change_and_ring(|state, _| state.restore(&filter))
    }

    fn clean(&self, filter: FailedFilter) -> Result<u64> {
        self.change_and_ring(|state, _| state.clean(&filter))
    }

    fn bump_keys(&self) -> Result<()> {
        self.change(|state, _| state.bump_keys())
    }

    fn hold(&self, holds: Vec<NewHold>, lease: Millis) -> Result<Vec<bool>> {
        self.change(|state, _| holds.into_iter().map(|hold| state.hold(hold, lease)).collect())
    }

    fn keep(&self, holds: Vec<Held>, lease: Millis) -> Result<Vec<bool>> {
        self.change(|state, _| holds.iter().map(|held| state.keep(held, lease)).collect())
    }

    fn let_go(&self, holds: Vec<Held>, is_done: bool) -> Result<()> {
        self.change(|state, _| holds.iter().for_each(|held| state.let_go(held, is_done)))
    }

    fn bump_holds(&self) -> Result<()> {
        self.change(|state, _| state.holds.clear())
    }

    fn schedule(&self, schedule: Schedule, next_at: Millis) -> Result<()> {
        self.change_and_ring(|state, _| state.schedule(schedule, next_at))
    }

    fn unschedule(&self, name: String) -> Result<bool> {
        self.change(|state, _| state.unschedule(&name))
    }

    fn schedules(&self) -> Result<Vec<ScheduleInfo>> {
        self.look(State::schedules)
    }

    fn ticks(&self, count: usize) -> Result<Ticks> {
        self.change(|state, _| state.ticks(count))
    }

    fn fire(&self, firing: Firing) -> Result<bool> {
        self.change_and_ring(|state, _| state.fire(firing))?
    }

    fn repair(&self) -> Result<Repaired> {
        // It has one copy of each truth: there is nothing to be put in order.
        self.change_and_ring(|_, _| ())?;
        self.look(|state| Repaired {
            jobs: (state.jobs.len() + state.dead.len()) as u64,
            lanes: state.stats().lanes.unsigned_abs(),
            ..Repaired::default()
        })
    }

    fn dump(&self) -> Result<Dump> {
        self.look(State::dump)
    }

    fn waiter(&self) -> Result<Box<dyn Waiter + '_>> {
        Ok(Box::new(self.enter()?))
    }

    fn close(&self) {
        self.lock().closed = true;
        self.bell.notify_all();
    }
}

struct ModelWaiter<'a> {
    store: &'a ModelStore,
    /// The rings that were heard: one that came between two waits is not missed.
    heard: u64,
}

impl Waiter for ModelWaiter<'_> {
    fn pop(&mut self, ask: Ask) -> Result<Batch> {
        self.store.pop(ask)
    }

    fn wait(&mut self, timeout: Duration) -> Result<()> {
        let asleep = |shared: &mut Shared| !shared.closed && shared.rings == self.heard;
        let (shared, _) = self
            .store
            .bell
            .wait_timeout_while(self.store.lock(), timeout, asleep)
            .unwrap_or_else(PoisonError::into_inner);
        self.heard = shared.rings;
        if shared.closed { Err(Error::closed()) } else { Ok(()) }
    }
}

/// Any change may have been the end of a job.
struct ModelListener<'a>(ModelWaiter<'a>);

impl Listener for ModelListener<'_> {
    fn wait(&mut self, timeout: Duration) -> Result<News> {
        self.0.wait(timeout).map(|()| News::Unknown)
    }
}

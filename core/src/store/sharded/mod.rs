//! One queue spread over several stores, its shards.
//!
//! A lane is on exactly one shard, so that the order of its jobs and all its limits are as exact as
//! the shard keeps them. What concerns the queue as a whole is weaker than [`crate::store`] says,
//! since nothing holds the shards together:
//!
//! - A call on lanes or jobs of several shards is carried out shard by shard, in their order. All
//!   or nothing holds within each.
//! - Lanes of one shard are served in the exact order. Between shards pops take turns: each that has
//!   ready lanes is served as often as any other, however many lanes it has.
//! - A job can wait for, or follow in the same step, a job of its own shard: else `Unsupported`.
//! - A key is unique among the lanes of a shard. A key that is held stands on a shard by its own name,
//!   and is unique in the queue.
//! - The queue as a whole has no limits (`Unsupported`), but can be paused and throttled.
//! - A schedule is on the shard of its lane.
//! - The archive keeps the newest `max_failed` dead jobs of each shard.
//!
//! Lanes whose names have the same part in braces are on one shard.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use crate::clock::Millis;
use crate::error::{Error, ErrorCode, Result};
use crate::job::{JobInfo, NewJob, Pushed};
use crate::lane::{LaneInfo, Stats};
use crate::limits::LimitsChange;
use crate::schedule::{Schedule, ScheduleInfo};
use crate::store::{
    Ask, Batch, Dump, Ear, Ending, FailedFilter, Fate, Firing, Held, LaneChange, Listener, NewHold,
    Repaired, Store, Swept, Ticks, Waiter,
};
use crate::token::{JobId, Token};

mod archive;
mod finish;
mod health;
mod holds;
mod look;
mod placement;
mod pop;
mod push;
mod results;
mod retold;
mod schedule;
mod slot;
mod split;
mod waiter;

pub use results::Ears;
#[cfg(feature = "redis-protocol")]
pub(crate) use slot::{SLOTS, slot};
pub use waiter::Places;

use health::Health;
use placement::Placement;
use waiter::ShardedWaiter;

/// Enters the calling thread as one waiting worker at all of these shards.
pub type Enter<S> = for<'a> fn(&'a [Arc<S>]) -> Result<Box<dyn Places + 'a>>;

/// Enters the calling thread as a listener at all of these shards.
pub type Listen<S> = for<'a> fn(&'a [Arc<S>], Ear) -> Result<Box<dyn Ears + 'a>>;

/// One queue spread over stores of one kind.
pub struct Sharded<S> {
    shards: Vec<Arc<S>>,
    placement: Placement,
    /// Of each shard.
    health: Vec<Health>,
    /// The shard at which the next pop begins.
    turn: AtomicUsize,
    enter: Enter<S>,
    listen: Listen<S>,
}

impl<S: Store> Sharded<S> {
    /// Spreads a queue over these stores, at least one, always given in the same order. The first
    /// pop begins at the shard of number `first`; workers wait by `enter`, and for results by `listen`.
    ///
    /// # Errors
    /// `InvalidArgument` if there is no store.
    pub fn new(
        shards: Vec<Arc<S>>,
        first: usize,
        enter: Enter<S>,
        listen: Listen<S>,
    ) -> Result<Self> {
        if shards.is_empty() {
            return Err(Error::invalid("0 shards are not accepted: accepted are 1 and more"));
        }
        let placement = Placement::new(shards.len());
        let health = shards.iter().map(|_| Health::new()).collect();
        Ok(Self { shards, placement, health, turn: AtomicUsize::new(first), enter, listen })
    }

    /// Gives the number of the shard on which a lane is, from 0.
    pub fn shard_of(&self, lane: &str) -> usize {
        self.placement.of_lane(lane)
    }

    fn of_lane(&self, lane: &str) -> &S {
        &self.shards[self.placement.of_lane(lane)]
    }

    fn of_job(&self, id: JobId) -> (usize, &S, JobId) {
        let shard = self.placement.of_job(id);
        (shard, &self.shards[shard], self.placement.inside(id))
    }

    fn refuse_limits(&self, change: LaneChange) -> Result<()> {
        let LaneChange::Limits(LimitsChange { rate, max_in_flight, max_waiting, .. }) = change
        else {
            return Ok(());
        };
        let has_limit = rate.is_some_and(|rate| !rate.is_unlimited())
            || max_in_flight.is_some_and(|most| most > 0)
            || max_waiting.is_some_and(|most| most > 0);
        if !has_limit {
            return Ok(());
        }
        let message = format!(
            "limits of a whole queue are not kept over its {} shards: accepted are limits of lanes",
            self.shards.len()
        );
        Err(Error::new(ErrorCode::Unsupported, message))
    }
}

impl<S: Store> Store for Sharded<S> {
    fn push(&self, jobs: Vec<NewJob>) -> Result<Vec<Pushed>> {
        self.push_parts(jobs)
    }

    fn pop(&self, ask: Ask) -> Result<Batch> {
        self.pop_in_turn(ask, |shard, ask| self.shards[shard].pop(ask))
    }

    fn finish(&self, endings: Vec<Ending>) -> Result<Vec<Result<()>>> {
        self.finish_parts(endings)
    }

    fn extend(&self, tokens: Vec<Token>, lease: Millis) -> Result<Vec<Result<()>>> {
        self.extend_parts(tokens, lease)
    }

    fn configure(&self, lane: Option<String>, change: LaneChange) -> Result<()> {
        match lane {
            Some(lane) => self.of_lane(&lane).configure(Some(lane), change),
            None => {
                self.refuse_limits(change)?;
                self.shards.iter().try_for_each(|shard| shard.configure(None, change))
            }
        }
    }

    fn sweep(&self) -> Result<Swept> {
        let mut all = Swept::default();
        for shard in &self.shards {
            let swept = shard.sweep()?;
            all.due += swept.due;
            all.lapsed += swept.lapsed;
            all.woken += swept.woken;
        }
        Ok(all)
    }

    fn stats(&self) -> Result<Stats> {
        self.stats_of_all()
    }

    fn memory(&self) -> Result<Option<u64>> {
        self.shards.iter().map(|shard| shard.memory()).sum()
    }

    fn lanes(&self, after: Option<String>, limit: usize) -> Result<Vec<LaneInfo>> {
        self.lanes_of_all(after, limit)
    }

    fn lane(&self, name: String) -> Result<Option<LaneInfo>> {
        self.of_lane(&name).lane(name)
    }

    fn get(&self, id: JobId) -> Result<Option<JobInfo>> {
        let (number, shard, inside) = self.of_job(id);
        let info = shard.get(inside)?;
        Ok(info.map(|info| self.placement.info_outside(number, info)))
    }

    fn peek(&self, lane: String, count: usize) -> Result<Vec<JobInfo>> {
        let shard = self.placement.of_lane(&lane);
        let jobs = self.shards[shard].peek(lane, count)?.into_iter();
        Ok(jobs.map(|info| self.placement.info_outside(shard, info)).collect())
    }

    fn fate(&self, id: JobId) -> Result<Fate> {
        self.fate_outside(id)
    }

    fn listener(&self, ear: Ear, only: Option<JobId>) -> Result<Box<dyn Listener + '_>> {
        match only {
            Some(id) => self.listener_of(id, ear),
            None => self.listener_of_all(ear),
        }
    }

    fn await_end(&self, id: JobId, ear: Ear) -> Result<Fate> {
        self.await_end_outside(id, ear)
    }

    fn give_up(&self, id: JobId, ear: Ear) -> Result<()> {
        let (_, shard, inside) = self.of_job(id);
        shard.give_up(inside, ear)
    }

    fn cancel(&self, id: JobId) -> Result<bool> {
        let (_, shard, inside) = self.of_job(id);
        shard.cancel(inside)
    }

    fn purge(&self, lane: Option<String>) -> Result<u64> {
        match lane {
            Some(lane) => self.of_lane(&lane).purge(Some(lane)),
            None => self.shards.iter().map(|shard| shard.purge(None)).sum(),
        }
    }

    fn failed(&self, count: usize) -> Result<Vec<JobInfo>> {
        self.failed_of_all(count)
    }

    fn restore(&self, filter: FailedFilter) -> Result<u64> {
        let parts = self.filters(filter).into_iter();
        parts.map(|(shard, filter)| self.shards[shard].restore(filter)).sum()
    }

    fn clean(&self, filter: FailedFilter) -> Result<u64> {
        let parts = self.filters(filter).into_iter();
        parts.map(|(shard, filter)| self.shards[shard].clean(filter)).sum()
    }

    fn bump_keys(&self) -> Result<()> {
        self.shards.iter().try_for_each(|shard| shard.bump_keys())
    }

    fn hold(&self, holds: Vec<NewHold>, lease: Millis) -> Result<Vec<bool>> {
        self.hold_parts(holds, lease)
    }

    fn keep(&self, holds: Vec<Held>, lease: Millis) -> Result<Vec<bool>> {
        self.keep_parts(holds, lease)
    }

    fn let_go(&self, holds: Vec<Held>, is_done: bool) -> Result<()> {
        self.let_go_parts(holds, is_done)
    }

    fn bump_holds(&self) -> Result<()> {
        self.shards.iter().try_for_each(|shard| shard.bump_holds())
    }

    fn schedule(&self, schedule: Schedule, next_at: Millis) -> Result<()> {
        self.schedule_on_its_shard(schedule, next_at)
    }

    fn unschedule(&self, name: String) -> Result<bool> {
        self.unschedule_everywhere(&name)
    }

    fn schedules(&self) -> Result<Vec<ScheduleInfo>> {
        self.schedules_of_all()
    }

    fn ticks(&self, count: usize) -> Result<Ticks> {
        self.ticks_of_all(count)
    }

    fn fire(&self, firing: Firing) -> Result<bool> {
        self.of_lane(&firing.lane).fire(firing)
    }

    fn repair(&self) -> Result<Repaired> {
        let mut all = Repaired::default();
        for shard in &self.shards {
            all += shard.repair()?;
        }
        Ok(all)
    }

    fn dump(&self) -> Result<Dump> {
        self.dump_of_all()
    }

    fn waiter(&self) -> Result<Box<dyn Waiter + '_>> {
        let places = (self.enter)(&self.shards)?;
        Ok(Box::new(ShardedWaiter { store: self, places }))
    }

    fn close(&self) {
        self.shards.iter().for_each(|shard| shard.close());
    }
}

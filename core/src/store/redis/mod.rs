//! The store on a Redis server.
//!
//! [`protocol`] turns a verb into a request and a reply into a result, and touches nothing else;
//! a [`Carrier`] carries requests to the server and brings back the replies. Every verb here is
//! three steps: convert, call, convert.
//!
//! There are two carriers: the driver, which owns sockets and blocks, and [`replay`], for hosts that
//! bring a client of their own.

use std::sync::Arc;

use crate::clock::{Clock, Millis};
use crate::error::{Error, ErrorCode, Result};
use crate::job::{JobInfo, NewJob, Pushed};
use crate::lane::{LaneInfo, Stats};
use crate::options::QueueOptions;
use crate::schedule::{Schedule, ScheduleInfo};
use crate::store::{
    Ask, Batch, Dump, Ear, Ending, FailedFilter, Fate, Firing, Held, LaneChange, Listener, NewHold,
    Repaired, Store, Swept, Ticks, Waiter,
};
use crate::token::{JobId, Token};

mod carrier;
#[cfg(feature = "redis")]
pub mod driver;
mod listener;
pub mod protocol;
pub mod replay;
#[cfg(feature = "redis")]
mod shards;
mod waiter;

pub use carrier::{Carrier, Place};
#[cfg(feature = "redis")]
pub use shards::{ShardClient, open_shards};

use protocol::{Case, Manner, PlainFares, Popped, Protocol, Reply, Request};
use waiter::RedisWaiter;

/// The most jobs that one script delivers: it stops the server for as long as it runs.
const DELIVERED_AT_ONCE: usize = 128;

/// The most holds that one script takes, keeps or ends.
const HELD_AT_ONCE: usize = 1_000;

/// Whether the driver is part of the build. Hosts that bring a client of their own have no use for
/// some verbs, whose scripts would be part of a download.
const HAS_DRIVER: bool = cfg!(feature = "redis");

/// One queue on a Redis server.
pub struct RedisStore<C> {
    protocol: Protocol,
    carrier: C,
    /// Asked only if it is one that a test turns by hand; else the server's clock is used.
    clock: Arc<dyn Clock>,
}

#[cfg(feature = "redis")]
impl RedisStore<driver::Client> {
    /// Opens the queue of that name on a server; connects at the first call.
    ///
    /// # Errors
    /// `Internal` if the system gives no random numbers.
    pub fn open(address: driver::Address, name: &str, options: &QueueOptions) -> Result<Self> {
        Ok(Self::on(driver::Client::new(address, options)?, name, options))
    }
}

impl<C: Carrier> RedisStore<C> {
    /// Makes a store of the queue of that name, whose requests `carrier` brings to the server.
    pub fn on(carrier: C, name: &str, options: &QueueOptions) -> Self {
        let protocol = Protocol::new(name, options, tag_seed(options));
        Self { protocol, carrier, clock: Arc::clone(&options.clock) }
    }

    /// Makes a store of shard `number`, from 0, of the `count` shards of the queue of that name.
    pub fn on_shard(
        carrier: C,
        name: &str,
        (number, count): (usize, usize),
        options: &QueueOptions,
    ) -> Self {
        let protocol = Protocol::of_shard(name, (number, count), options, tag_seed(options));
        Self { protocol, carrier, clock: Arc::clone(&options.clock) }
    }

    fn call(&self, request: Request) -> Result<Reply> {
        self.carrier.call(request)
    }

    /// Makes a call on holds in steps, each short enough that the server is not held up for long.
    fn of_holds<T>(
        &self,
        holds: &[T],
        request: impl Fn(Case, &[T]) -> Request,
    ) -> Result<Vec<bool>> {
        let mut told = Vec::with_capacity(holds.len());
        for step in holds.chunks(HELD_AT_ONCE) {
            let call = |case| self.protocol.read_holds(self.call(request(case, step))?);
            let of_step = match call(Case::Plain)? {
                Some(of_step) => of_step,
                None => call(Case::General)?.ok_or_else(|| {
                    Error::new(ErrorCode::Internal, "script for every case has left one out")
                })?,
            };
            told.extend(of_step);
        }
        Ok(told)
    }

    fn enter(&self) -> Result<RedisWaiter<'_, C>> {
        let place = self.carrier.place(&self.protocol.wake_key())?;
        Ok(RedisWaiter::new(self, place))
    }

    /// Gives the time if it is injected.
    fn injected(&self) -> Option<Millis> {
        (!self.clock.runs()).then(|| self.clock.now())
    }

    /// Pops for a worker of that manner, in steps, each short enough that the server is not held up
    /// for long.
    ///
    /// # Errors
    /// Those of the store.
    pub fn pop_as(&self, ask: Ask, manner: Manner) -> Result<Batch> {
        let mut batch = Batch::default();
        while batch.jobs.len() < ask.count {
            let left = ask.count - batch.jobs.len();
            let step = Ask { count: left.min(DELIVERED_AT_ONCE), ..ask };
            match self.pop_step(step, manner) {
                Ok((popped, is_last)) => {
                    batch.jobs.extend(popped.jobs);
                    batch.has_tick |= popped.has_tick;
                    if is_last {
                        // The server's moment in the terms of this machine's clock.
                        let to_here = self.clock.now() - popped.now;
                        batch.next_due = popped.next_due.map(|due| due + to_here);
                        break;
                    }
                }
                Err(error) if batch.jobs.is_empty() => return Err(error),
                // Those of earlier steps are delivered, and would come again only when their leases
                // have lapsed.
                Err(_) => break,
            }
        }
        Ok(batch)
    }

    /// Looks what has become of a job; if it has not ended, its end puts its id into the box of the
    /// listener of that name.
    ///
    /// # Errors
    /// `InvalidArgument` if it was never pushed; those of the store.
    pub fn await_end_as(&self, id: JobId, listener: &str) -> Result<Fate> {
        let request = self.protocol.await_end(id, listener, self.injected());
        self.protocol.read_fate(self.call(request)?, id)
    }

    /// Pops once; tells also whether there is no more for now.
    fn pop_step(&self, step: Ask, manner: Manner) -> Result<(Popped, bool)> {
        if let Some(popped) = self.plain_pop(step, manner)? {
            return Ok((popped, false));
        }
        let reply = self.call(self.protocol.pop(step, manner, self.injected()))?;
        let popped = self.protocol.read_pop(reply, step.lease)?;
        let is_last = popped.jobs.len() < step.count;
        Ok((popped, is_last))
    }

    fn plain_pop(&self, step: Ask, manner: Manner) -> Result<Option<Popped>> {
        if manner != Manner::default() {
            return Ok(None);
        }
        let Some(request) = self.protocol.plain_pop(step, self.injected()) else {
            return Ok(None);
        };
        self.protocol.read_plain_pop(self.call(request)?, step.lease)
    }
}

impl<C: Carrier> Store for RedisStore<C> {
    fn push(&self, jobs: Vec<NewJob>) -> Result<Vec<Pushed>> {
        if let Some(request) = self.protocol.plain_push(&jobs, self.injected())
            && let Some(pushed) = self.protocol.read_plain_push(self.call(request)?, jobs.len())?
        {
            return Ok(pushed);
        }
        let reply = self.call(self.protocol.push(&jobs, self.injected()))?;
        self.protocol.read_push(reply, &jobs)
    }

    fn pop(&self, ask: Ask) -> Result<Batch> {
        self.pop_as(ask, Manner::default())
    }

    fn finish(&self, endings: Vec<Ending>) -> Result<Vec<Result<()>>> {
        let mut is_repeated = false;
        if let Some(request) = self.protocol.plain_complete(&endings, self.injected()) {
            match self.protocol.read_plain_complete(self.call(request)?, &endings)? {
                PlainFares::Of(fares) => return Ok(fares),
                PlainFares::NotPlain => {}
                PlainFares::Repeated => is_repeated = true,
            }
        }
        let mut request = self.protocol.finish(&endings, self.injected());
        if is_repeated {
            request.repeated();
        }
        self.protocol.read_finish(self.call(request)?, &endings)
    }

    fn extend(&self, tokens: Vec<Token>, lease: Millis) -> Result<Vec<Result<()>>> {
        let reply = self.call(self.protocol.extend(&tokens, lease, self.injected()))?;
        self.protocol.read_extend(reply, &tokens)
    }

    fn configure(&self, lane: Option<String>, change: LaneChange) -> Result<()> {
        self.call(self.protocol.configure(lane.as_deref(), change, self.injected()))?;
        Ok(())
    }

    fn sweep(&self) -> Result<Swept> {
        let reply = self.call(self.protocol.sweep(self.injected()))?;
        self.protocol.read_sweep(reply)
    }

    fn stats(&self) -> Result<Stats> {
        self.protocol.read_stats(self.call(self.protocol.stats())?)
    }

    fn memory(&self) -> Result<Option<u64>> {
        if !HAS_DRIVER {
            return Err(left_out());
        }
        self.protocol.read_memory(self.call(self.protocol.memory())?).map(Some)
    }

    fn lanes(&self, after: Option<String>, limit: usize) -> Result<Vec<LaneInfo>> {
        self.protocol.read_lanes(self.call(self.protocol.lanes(after.as_deref(), limit))?)
    }

    fn lane(&self, name: String) -> Result<Option<LaneInfo>> {
        self.protocol.read_lane(self.call(self.protocol.lane(&name))?)
    }

    fn get(&self, id: JobId) -> Result<Option<JobInfo>> {
        self.protocol.read_get(self.call(self.protocol.get(id))?)
    }

    fn peek(&self, lane: String, count: usize) -> Result<Vec<JobInfo>> {
        self.protocol.read_jobs(self.call(self.protocol.peek(&lane, count))?)
    }

    fn fate(&self, id: JobId) -> Result<Fate> {
        let reply = self.call(self.protocol.fate(id, self.injected()))?;
        self.protocol.read_fate(reply, id)
    }

    fn listener(&self, ear: Ear, _only: Option<JobId>) -> Result<Box<dyn Listener + '_>> {
        Ok(Box::new(self.listen(ear)?))
    }

    fn await_end(&self, id: JobId, ear: Ear) -> Result<Fate> {
        if self.carrier.polls() {
            return self.fate(id);
        }
        self.await_end_as(id, &self.name_of(ear))
    }

    fn give_up(&self, _id: JobId, _ear: Ear) -> Result<()> {
        // The server forgets by itself, within seconds.
        Ok(())
    }

    fn cancel(&self, id: JobId) -> Result<bool> {
        self.protocol.read_cancel(self.call(self.protocol.cancel(id, self.injected()))?)
    }

    fn purge(&self, lane: Option<String>) -> Result<u64> {
        let mut purged = 0;
        loop {
            let reply = self.call(self.protocol.purge(lane.as_deref(), self.injected()))?;
            let (count, is_more) = self.protocol.read_purge(reply)?;
            purged += count;
            if !is_more {
                return Ok(purged);
            }
        }
    }

    fn failed(&self, count: usize) -> Result<Vec<JobInfo>> {
        self.protocol.read_jobs(self.call(self.protocol.failed(count))?)
    }

    fn restore(&self, filter: FailedFilter) -> Result<u64> {
        self.protocol.read_count(self.call(self.protocol.restore(&filter, self.injected()))?)
    }

    fn clean(&self, filter: FailedFilter) -> Result<u64> {
        self.protocol.read_count(self.call(self.protocol.clean(&filter, self.injected()))?)
    }

    fn bump_keys(&self) -> Result<()> {
        self.call(self.protocol.bump_keys(self.injected()))?;
        Ok(())
    }

    fn hold(&self, holds: Vec<NewHold>, lease: Millis) -> Result<Vec<bool>> {
        if !HAS_DRIVER {
            return Err(left_out());
        }
        let request = |case, holds: &[_]| self.protocol.hold(case, holds, lease, self.injected());
        self.of_holds(&holds, request)
    }

    fn keep(&self, holds: Vec<Held>, lease: Millis) -> Result<Vec<bool>> {
        if !HAS_DRIVER {
            return Err(left_out());
        }
        let request = |case, holds: &[_]| self.protocol.keep(case, holds, lease, self.injected());
        self.of_holds(&holds, request)
    }

    fn let_go(&self, holds: Vec<Held>, is_done: bool) -> Result<()> {
        if !HAS_DRIVER {
            return Err(left_out());
        }
        let request =
            |case, holds: &[_]| self.protocol.let_go(case, holds, is_done, self.injected());
        self.of_holds(&holds, request).map(drop)
    }

    fn bump_holds(&self) -> Result<()> {
        if !HAS_DRIVER {
            return Err(left_out());
        }
        self.call(self.protocol.bump_holds(self.injected()))?;
        Ok(())
    }

    fn schedule(&self, schedule: Schedule, next_at: Millis) -> Result<()> {
        self.call(self.protocol.schedule(&schedule, next_at, self.injected()))?;
        Ok(())
    }

    fn unschedule(&self, name: String) -> Result<bool> {
        let reply = self.call(self.protocol.unschedule(&name, self.injected()))?;
        self.protocol.read_unschedule(reply)
    }

    fn schedules(&self) -> Result<Vec<ScheduleInfo>> {
        self.protocol.read_schedules(self.call(self.protocol.schedules())?)
    }

    fn ticks(&self, count: usize) -> Result<Ticks> {
        self.protocol.read_ticks(self.call(self.protocol.ticks(count, self.injected()))?)
    }

    fn fire(&self, firing: Firing) -> Result<bool> {
        let reply = self.call(self.protocol.fire(&firing, self.injected()))?;
        self.protocol.read_fire(reply, &firing)
    }

    fn repair(&self) -> Result<Repaired> {
        let mut repair = self.protocol.repair();
        while let Some(request) = repair.next(self.injected()) {
            repair.take(self.call(request)?)?;
        }
        let lanes = self.stats()?.lanes.unsigned_abs();
        Ok(Repaired { lanes, ..repair.repaired() })
    }

    fn dump(&self) -> Result<Dump> {
        if !HAS_DRIVER {
            return Err(left_out());
        }
        self.protocol.read_dump(self.call(self.protocol.dump())?)
    }

    fn waiter(&self) -> Result<Box<dyn Waiter + '_>> {
        Ok(Box::new(self.enter()?))
    }

    fn close(&self) {
        self.carrier.close();
    }
}

/// Makes the error of a verb that is there for the driver's hosts alone.
fn left_out() -> Error {
    Error::new(ErrorCode::Unsupported, "the verb is not part of this build")
}

fn tag_seed(options: &QueueOptions) -> u32 {
    (options.random.unit() * f64::from(u32::MAX)) as u32
}

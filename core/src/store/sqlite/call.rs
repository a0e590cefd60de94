//! One call on one queue inside a transaction: the rows it has read, and what it changes.
//!
//! **Books that lag.** A plain push into a lane that is ready anyway writes its job and nothing
//! else: its place in the lane follows from the row, and the counts stay in memory. Both are written
//! with the next call of another kind ([`Call::book`]), or after [`MAX_LAG`] such pushes. Nothing is
//! lost with the process: jobs numbered from the stored `next_job` on are exactly those that have no
//! place yet and stand in no sum, and whoever reads the queue next counts them in
//! ([`Call::catch_up`]).

use std::collections::HashMap;

use rusqlite::Connection;

use crate::clock::Millis;
use crate::store::sqlite::gate::Gate;
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::queue_row::{QueueRow, number_of};
use crate::store::sqlite::ready_lanes::ReadyLanes;
use crate::store::sqlite::step::Step;
use crate::store::sqlite::terms::Terms;
use crate::store::{CLOCK_TOLERANCE, Swept};

/// The most lanes that are remembered from call to call.
const MAX_CACHED_LANES: usize = 4096;

/// How many pushes the books may lag behind.
const MAX_LAG: usize = 256;

/// The rows of one queue that this process remembers from call to call. They are true as long as
/// no other process has written to the file.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    queue: QueueRow,
    lanes: HashMap<i64, Lane>,
    ids: HashMap<String, i64>,
    ready: ReadyLanes,
    /// Lanes that are truer than their rows.
    unsaved: Vec<i64>,
    /// How many pushes the stored sums lag behind.
    lag: usize,
    /// The first job that has no place yet.
    booked: i64,
    /// The number of the last call.
    serial: u64,
}

/// One call on one queue inside a transaction.
///
/// Lanes are taken out of the call, changed, and put back; [`Call::flush`] writes what was put
/// back, and comes before every statement that reads lanes by an index.
pub(super) struct Call<'a> {
    pub(super) sql: &'a Connection,
    pub(super) queue: QueueRow,
    pub(super) now: Millis,
    pub(super) max_failed: u64,
    pub(super) owner: i64,
    /// How many jobs became ready in this call.
    pub(super) entered: usize,
    /// What came due before this call.
    pub(super) swept: Swept,
    pub(super) lanes: HashMap<i64, Lane>,
    ids: HashMap<String, i64>,
    pub(super) ready: ReadyLanes,
    pub(super) unsaved: Vec<i64>,
    lag: usize,
    /// The first job that has no place yet.
    pub(super) booked: i64,
    /// Whether more than counts of plain pushes has changed.
    is_changed: bool,
    /// Tells this call from others: a lane that it has changed is not gone before it ends.
    serial: u64,
    /// When the next thing was to come due before this call.
    due_before: Millis,
}

/// How a call stood at a savepoint.
pub(super) struct Mark {
    queue: QueueRow,
    booked: i64,
}

impl<'a> Call<'a> {
    /// Begins a call that looks and writes nothing, not even sums that lag: a queue on a full disk
    /// can still be looked at.
    pub(super) fn look(
        sql: &'a Connection,
        remembered: Option<Remembered>,
        terms: &Terms<'_>,
    ) -> Step<Self> {
        Self::begin(sql, remembered, terms)
    }

    fn begin(sql: &'a Connection, remembered: Option<Remembered>, terms: &Terms<'_>) -> Step<Self> {
        let is_remembered = remembered.is_some();
        let remembered = match remembered {
            Some(remembered) => remembered,
            None => Remembered {
                queue: QueueRow::load(sql, terms.queue, terms.tag)?,
                ..Remembered::default()
            },
        };
        let mut call = Self {
            sql,
            now: remembered.queue.clock,
            max_failed: terms.max_failed,
            owner: terms.owner,
            entered: 0,
            swept: Swept::default(),
            due_before: remembered.queue.due.min(remembered.queue.lease_due),
            lanes: remembered.lanes,
            ids: remembered.ids,
            ready: remembered.ready,
            unsaved: remembered.unsaved,
            lag: remembered.lag,
            booked: remembered.booked,
            is_changed: false,
            serial: remembered.serial + 1,
            queue: remembered.queue,
        };
        if !is_remembered {
            call.booked = call.queue.next_job;
            call.catch_up()?;
        }
        Ok(call)
    }

    /// Counts in the pushes that no stored sum knows of.
    fn catch_up(&mut self) -> Step<()> {
        let (from, (_, last)) = (self.queue.row_of(self.queue.next_job), self.queue.job_range());
        let uncounted = self
            .sql
            .prepare_cached(
                "SELECT id, lane FROM fairlane_job WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
            )?
            .query_map([from, last], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(i64, i64)>>>()?;
        for (id, lane) in uncounted {
            self.queue.next_job = number_of(id) as i64 + 1;
            if let Some(mut lane) = self.take(lane)? {
                self.count_plain_push(&mut lane);
                self.put_counted(lane);
            }
        }
        Ok(())
    }

    /// Gives the plain pushes that have no place yet their places. Comes before whatever reads or
    /// writes places of more than one new job.
    pub(super) fn book(&mut self) -> Step<()> {
        if self.booked == self.queue.next_job {
            return Ok(());
        }
        self.touch();
        self.sql
            .prepare_cached(
                "INSERT INTO fairlane_place (lane, rank, position, job)
                 SELECT lane, 9 - priority, position, id FROM fairlane_job WHERE id BETWEEN ?1 AND ?2",
            )?
            .execute(self.unbooked())?;
        self.booked = self.queue.next_job;
        Ok(())
    }

    /// Gives the rows of the jobs that have no place yet, first and last.
    pub(super) fn unbooked(&self) -> [i64; 2] {
        [self.queue.row_of(self.booked), self.queue.row_of(self.queue.next_job - 1)]
    }

    /// Counts a plain push into a lane that was ready before.
    pub(super) fn count_plain_push(&mut self, lane: &mut Lane) {
        lane.next += 1;
        lane.counts.ready += 1;
        self.queue.counts.ready += 1;
        self.queue.pushed += 1;
        self.lag += 1;
    }

    /// Begins a call that changes things: reads the clock and moves what has come due.
    pub(super) fn change(
        sql: &'a Connection,
        remembered: Option<Remembered>,
        terms: &Terms<'_>,
    ) -> Step<Self> {
        let mut call = Self::begin(sql, remembered, terms)?;
        let (now, recorded) = (terms.clock.now(), call.queue.clock);
        call.now = if now < recorded && recorded - now <= CLOCK_TOLERANCE { recorded } else { now };
        if call.now < recorded {
            call.shift_moments(recorded - call.now)?;
        }
        call.swept = call.settle()?;
        Ok(call)
    }

    /// Ends the call: settles the end of a busy period and writes what must be written.
    pub(super) fn end(mut self) -> Step<(Remembered, usize)> {
        if self.is_changed && self.queue.counts.in_flight == 0 && self.queue.ready_lanes == 0 {
            self.queue.virtual_time = self.queue.virtual_time.max(self.queue.max_start);
        }
        if self.is_changed || self.lag > 0 {
            self.queue.clock = self.now;
        }
        if self.is_changed || self.lag >= MAX_LAG {
            self.save()?;
        }
        if self.lanes.len() > MAX_CACHED_LANES && self.unsaved.is_empty() {
            self.forget_all();
        }
        let rings = self.rings();
        let Self { queue, lanes, ids, ready, unsaved, lag, booked, serial, .. } = self;
        Ok((Remembered { queue, lanes, ids, ready, unsaved, lag, booked, serial }, rings))
    }

    /// Writes all that is truer than its rows.
    fn save(&mut self) -> Step<()> {
        self.book()?;
        self.flush()?;
        self.queue.save(self.sql)?;
        self.lag = 0;
        Ok(())
    }

    /// Marks the queue as changed in more than the counts of plain pushes.
    pub(super) fn touch(&mut self) {
        self.is_changed = true;
    }

    /// Takes a lane that exists out of the call, to change it and put it back.
    pub(super) fn take(&mut self, id: i64) -> Step<Option<Lane>> {
        match self.lanes.remove(&id) {
            Some(lane) => Ok(Some(lane)),
            None => Lane::by_id(self.sql, id),
        }
    }

    /// Gives what is remembered of a lane in place of its row, if that is truer.
    pub(super) fn truer(&self, row: Lane) -> Lane {
        self.lanes.get(&row.id).cloned().unwrap_or(row)
    }

    /// Takes the lane of that name, if there is one.
    pub(super) fn take_named(&mut self, name: &str) -> Step<Option<Lane>> {
        if let Some(lane) = self.ids.get(name).and_then(|id| self.lanes.remove(id)) {
            return Ok(Some(lane));
        }
        let Some(lane) = Lane::by_name(self.sql, self.queue.id, name)? else { return Ok(None) };
        // What this call has changed but not yet written is truer than the row.
        Ok(Some(self.lanes.remove(&lane.id).unwrap_or(lane)))
    }

    /// Takes the lane of that name; makes it if there is none, or none that could be told from none.
    pub(super) fn take_or_make(&mut self, name: &str) -> Step<Lane> {
        let Some(mut lane) = self.take_named(name)? else {
            self.touch();
            self.collect_gone_lanes(2)?;
            return Lane::insert(self.sql, self.queue.id, name, self.queue.virtual_time);
        };
        if lane.touched_by != self.serial && self.is_gone(&mut lane)? {
            self.touch();
            lane.gate = Gate::default();
            lane.start = self.queue.virtual_time;
        }
        Ok(lane)
    }

    /// Puts a lane back that has been changed: finds out whether it is ready, and notes it for the
    /// next flush.
    pub(super) fn put(&mut self, mut lane: Lane) -> Step<()> {
        self.refresh(&mut lane)?;
        self.put_as_it_is(lane);
        Ok(())
    }

    /// Puts a lane back whose readiness cannot have changed.
    pub(super) fn put_as_it_is(&mut self, lane: Lane) {
        self.touch();
        self.put_counted(lane);
    }

    /// Puts a lane back of which only the counts of plain pushes have changed.
    pub(super) fn put_counted(&mut self, mut lane: Lane) {
        lane.touched_by = self.serial;
        if self.unsaved.last() != Some(&lane.id) {
            self.unsaved.push(lane.id);
        }
        self.put_untouched(lane);
    }

    /// Puts a lane back that has not been changed.
    pub(super) fn put_untouched(&mut self, lane: Lane) {
        if !self.ids.contains_key(&lane.name) {
            self.ids.insert(lane.name.clone(), lane.id);
        }
        self.lanes.insert(lane.id, lane);
    }

    /// Writes the lanes that were put back.
    pub(super) fn flush(&mut self) -> Step<()> {
        self.order_by_number()?;
        self.save_changed_lanes()
    }

    /// Writes the lanes that were put back, whichever way the ready ones are ordered.
    pub(super) fn save_changed_lanes(&mut self) -> Step<()> {
        if !self.unsaved.is_empty() {
            // Counts that lag are written for all rows at once or for none.
            self.touch();
        }
        self.unsaved.sort_unstable();
        self.unsaved.dedup();
        for id in self.unsaved.drain(..) {
            if let Some(lane) = self.lanes.get_mut(&id) {
                lane.save(self.sql, self.queue.is_crowded)?;
            }
        }
        Ok(())
    }

    /// Remembers how things stand; everything but the queue's row has been written.
    pub(super) fn mark(&mut self) -> Step<Mark> {
        self.book()?;
        self.flush()?;
        Ok(Mark { queue: self.queue.clone(), booked: self.booked })
    }

    /// Goes back to a mark: its savepoint has been rolled back.
    pub(super) fn go_back(&mut self, mark: Mark) {
        self.queue = mark.queue;
        self.booked = mark.booked;
        self.unsaved.clear();
        self.forget_all();
    }

    /// Gives the number of this call; see [`Lane::touched_by`].
    pub(super) fn serial(&self) -> u64 {
        self.serial
    }

    /// Forgets a lane whose row is deleted.
    pub(super) fn forget(&mut self, lane: &Lane) {
        self.lanes.remove(&lane.id);
        self.ids.remove(&lane.name);
    }

    /// Finds out whether the lane is ready, and keeps the books of a lane that begins or ends to be.
    fn refresh(&mut self, lane: &mut Lane) -> Step<()> {
        let gate = &lane.gate;
        let may_start =
            lane.counts.ready > 0 && !gate.paused && !gate.is_capped(lane.counts.in_flight);
        lane.wakes_at = if may_start { self.opens_at(lane)? } else { None };
        if let Some(wakes_at) = lane.wakes_at {
            self.queue.due = self.queue.due.min(wakes_at);
        }
        let is_ready = may_start && lane.wakes_at.is_none();
        if is_ready && lane.turn.is_none() {
            // No credit is hoarded while a lane is not ready.
            self.raise_start(lane, self.queue.virtual_time);
            self.queue.turns += 1;
            self.queue.ready_lanes += 1;
            lane.turn = Some(self.queue.turns);
            self.ready.enter(lane.id);
        } else if !is_ready && lane.turn.is_some() {
            self.queue.ready_lanes -= 1;
            lane.turn = None;
            self.ready.leave(lane.id);
        }
        Ok(())
    }

    pub(super) fn raise_start(&mut self, lane: &mut Lane, start: i64) {
        lane.start = lane.start.max(start);
        self.queue.max_start = self.queue.max_start.max(lane.start);
    }

    /// Forgets every lane that this call remembers; all must have been flushed.
    pub(super) fn forget_all(&mut self) {
        self.lanes.clear();
        self.ids.clear();
        self.ready = ReadyLanes::default();
    }

    /// Tells how many idle workers may find something to do after this call: one for each job that
    /// became ready; one if work is left, so that wakes are passed on; one if something comes due
    /// earlier than those who sleep know of.
    fn rings(&self) -> usize {
        let is_held = self.queue.gate.paused || self.queue.gate.throttled_until > self.now;
        let has_work = self.queue.ready_lanes > 0 && !is_held;
        let comes_earlier = self.queue.due.min(self.queue.lease_due) < self.due_before;
        let entered = if has_work { self.entered.max(1) } else { 0 };
        entered.max(usize::from(comes_earlier))
    }
}

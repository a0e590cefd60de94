//! One call on one queue inside a transaction: the rows it has read, and what it changes.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::clock::Millis;
use crate::store::sqlite::ahead::Ahead;
use crate::store::sqlite::awaited::Called;
use crate::store::sqlite::books::Books;
use crate::store::sqlite::gate::Gate;
use crate::store::sqlite::journal::Journal;
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::queue_row::QueueRow;
use crate::store::sqlite::ready_lanes::ReadyLanes;
use crate::store::sqlite::step::Step;
use crate::store::sqlite::terms::Terms;
use crate::store::{CLOCK_TOLERANCE, Swept};

/// The most lanes that are remembered from call to call.
const MAX_CACHED_LANES: usize = 4096;

/// The rows of one queue that this process remembers from call to call. They are true as long as
/// no other process has written to the file.
#[derive(Debug)]
pub(super) struct Remembered {
    queue: QueueRow,
    lanes: HashMap<i64, Lane>,
    ids: HashMap<String, i64>,
    ready: ReadyLanes,
    /// Lanes that are truer than their rows.
    unsaved: Vec<i64>,
    books: Books,
    journal: Journal,
    ahead: Ahead,
    /// The number of the last call.
    serial: u64,
    /// Whether the inbox was looked into.
    knows_inbox: bool,
}

impl Remembered {
    fn new(queue: QueueRow) -> Self {
        Self {
            lanes: HashMap::new(),
            ids: HashMap::new(),
            ready: ReadyLanes::default(),
            unsaved: Vec::new(),
            books: Books::default(),
            journal: Journal::default(),
            ahead: Ahead::default(),
            serial: 0,
            knows_inbox: false,
            queue,
        }
    }
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
    /// Who waits for the end of a job that this call has ended.
    pub(super) called: Vec<Called>,
    /// What came due before this call.
    pub(super) swept: Swept,
    pub(super) lanes: HashMap<i64, Lane>,
    ids: HashMap<String, i64>,
    pub(super) ready: ReadyLanes,
    pub(super) unsaved: Vec<i64>,
    pub(super) books: Books,
    pub(super) journal: Journal,
    pub(super) ahead: Ahead,
    /// Whether something has changed that may not lag behind.
    pub(super) is_changed: bool,
    /// Tells this call from others: a lane that it has changed is not gone before it ends.
    serial: u64,
    knows_inbox: bool,
    /// When the next thing was to come due before this call.
    due_before: Millis,
}

/// Whom a call rings when it is committed.
#[derive(Debug, Default)]
pub(super) struct Rings {
    /// How many idle workers.
    pub(super) workers: usize,
    /// Those who wait for the end of a job.
    pub(super) called: Vec<Called>,
}

/// How a call stood at a savepoint.
pub(super) struct Mark {
    queue: QueueRow,
}

impl<'a> Call<'a> {
    /// Begins a call that looks. It keeps the books first, so that the rows tell the truth.
    pub(super) fn look(
        sql: &'a Connection,
        remembered: Option<Remembered>,
        terms: &Terms<'_>,
    ) -> Step<Self> {
        let mut call = Self::begin(sql, remembered, terms)?;
        if call.books.is_behind() {
            call.keep_books()?;
        }
        Ok(call)
    }

    fn begin(sql: &'a Connection, remembered: Option<Remembered>, terms: &Terms<'_>) -> Step<Self> {
        let is_remembered = remembered.is_some();
        let remembered = match remembered {
            Some(remembered) => remembered,
            None => Remembered::new(QueueRow::load(sql, terms.queue, terms.tag)?),
        };
        let mut call = Self {
            sql,
            now: remembered.queue.clock,
            max_failed: terms.max_failed,
            owner: terms.owner,
            entered: 0,
            called: Vec::new(),
            swept: Swept::default(),
            due_before: remembered.queue.due.min(remembered.queue.lease_due),
            lanes: remembered.lanes,
            ids: remembered.ids,
            ready: remembered.ready,
            unsaved: remembered.unsaved,
            books: remembered.books,
            journal: remembered.journal,
            ahead: remembered.ahead,
            is_changed: false,
            serial: remembered.serial + 1,
            knows_inbox: remembered.knows_inbox,
            queue: remembered.queue,
        };
        if !is_remembered {
            call.catch_up()?;
        }
        Ok(call)
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
        if !call.knows_inbox {
            call.empty_inbox()?;
            call.knows_inbox = true;
        }
        Ok(call)
    }

    /// Ends the call: settles the end of a busy period and writes what must be written.
    pub(super) fn end(mut self) -> Step<(Remembered, Rings)> {
        if self.is_changed && self.queue.counts.in_flight == 0 && self.queue.ready_lanes == 0 {
            self.queue.virtual_time = self.queue.virtual_time.max(self.queue.max_start);
        }
        if self.is_changed || self.books.is_behind() {
            self.queue.clock = self.now;
        }
        if self.is_changed || self.are_far_behind() {
            self.keep_books()?;
        } else {
            self.log()?;
        }
        if self.lanes.len() > MAX_CACHED_LANES && self.unsaved.is_empty() {
            self.forget_all();
        }
        let rings = Rings { workers: self.rings(), called: std::mem::take(&mut self.called) };
        let Self { queue, lanes, ids, ready, unsaved, books, journal, ahead, .. } = self;
        let (serial, knows_inbox) = (self.serial, self.knows_inbox);
        let remembered = Remembered {
            queue,
            lanes,
            ids,
            ready,
            unsaved,
            books,
            journal,
            ahead,
            serial,
            knows_inbox,
        };
        Ok((remembered, rings))
    }

    /// Marks the queue as changed in something that may not lag behind.
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

    /// Puts a lane back of which only that has changed which may lag behind.
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
        Ok(Mark { queue: self.queue.clone() })
    }

    /// Goes back to a mark: its savepoint has been rolled back.
    pub(super) fn go_back(&mut self, mark: Mark) {
        self.queue = mark.queue;
        self.forget_unplaced();
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
        self.reorder(lane);
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
        self.ahead.forget_all();
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

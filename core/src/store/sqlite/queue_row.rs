//! A queue as it is stored: its counters, its virtual time, its own gate.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::clock::Millis;
use crate::lane::Counts;
use crate::limits::{Limits, Rate};
use crate::store::sqlite::gate::Gate;
use crate::store::sqlite::step::Step;

/// A moment that never comes.
pub(super) const NEVER: Millis = Millis::MAX;

/// A queue as it is stored.
#[derive(Debug, Clone, Default)]
pub(super) struct QueueRow {
    pub(super) id: i64,
    pub(super) tag: u32,
    pub(super) virtual_time: i64,
    /// The highest `start` ever given to a lane.
    pub(super) max_start: i64,
    /// The last number given to a lane that became ready.
    pub(super) turns: i64,
    pub(super) next_job: i64,
    pub(super) key_generation: i64,
    /// The latest moment recorded.
    pub(super) clock: Millis,
    /// A lower bound: no delayed job, no throttled lane and no tick of a schedule comes due before
    /// this moment.
    pub(super) due: Millis,
    /// A lower bound: no lease lapses before this moment. It stands in for an index on lease ends,
    /// which would cost a page for each pop and each completion: leases that end as they should
    /// leave it behind, and when it passes, one look at the leases in flight finds the next.
    pub(super) lease_due: Millis,
    /// The lane at which the search for gone lanes goes on.
    pub(super) lane_cursor: i64,
    pub(super) ready_lanes: i64,
    pub(super) counts: Counts,
    pub(super) dead: i64,
    pub(super) quarantined: i64,
    pub(super) pushed: i64,
    pub(super) completed: i64,
    pub(super) retried: i64,
    pub(super) died: i64,
    pub(super) lapsed: i64,
    /// How many processes wait for the end of a job, counted for each job.
    pub(super) awaited: i64,
    pub(super) gate: Gate,
    /// Whether so many lanes are ready that an index holds their order.
    pub(super) is_crowded: bool,
    /// What the columns hold that most calls leave alone; they are not bound again without need.
    stored: Option<SeldomChanged>,
}

/// The columns of a queue that pushing, popping and completing leave alone.
#[derive(Debug, Clone, Copy, PartialEq)]
struct SeldomChanged {
    key_generation: i64,
    lane_cursor: i64,
    delayed: i64,
    blocked: i64,
    dead: i64,
    quarantined: i64,
    retried: i64,
    died: i64,
    lapsed: i64,
    awaited: i64,
    gate: Gate,
    is_crowded: bool,
}

const COLUMNS: &str = "start, max_start, turns, next_job, key_generation, clock, due, lease_due, \
     lane_cursor, ready_lanes, ready, delayed, blocked, in_flight, dead, quarantined, pushed, \
     completed, retried, died, lapsed, rate_count, rate_window, rate_used, max_in_flight, \
     max_waiting, paused, throttled_until, is_crowded, awaited";

impl QueueRow {
    /// Finds the queue of that name, or makes it.
    pub(super) fn open(sql: &Connection, name: &str, tag: u32) -> Step<(i64, u32)> {
        let found = sql
            .query_row("SELECT id, tag FROM fairlane_queue WHERE name = ?1", [name], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        if let Some(found) = found {
            return Ok(found);
        }
        sql.execute("INSERT INTO fairlane_queue (name, tag) VALUES (?1, ?2)", params![name, tag])?;
        let id = sql.last_insert_rowid();
        sql.execute(
            "INSERT INTO fairlane_lane (id, queue, name) VALUES (?1, ?2, '')",
            [Self::state_row(id), id],
        )?;
        let mut new =
            Self { id, tag, next_job: 1, due: NEVER, lease_due: NEVER, ..Self::default() };
        new.save(sql)?;
        Ok((id, tag))
    }

    /// Gives the row of the table of lanes in which a queue keeps what it keeps as a whole.
    const fn state_row(id: i64) -> i64 {
        -id
    }

    pub(super) fn load(sql: &Connection, id: i64, tag: u32) -> Step<Self> {
        let mut queue = sql
            .prepare_cached(&format!("SELECT {COLUMNS} FROM fairlane_lane WHERE id = ?1"))?
            .query_row([Self::state_row(id)], |row| Self::read(row, id, tag))?;
        queue.stored = Some(queue.seldom_changed());
        Ok(queue)
    }

    fn seldom_changed(&self) -> SeldomChanged {
        SeldomChanged {
            key_generation: self.key_generation,
            lane_cursor: self.lane_cursor,
            delayed: self.counts.delayed,
            blocked: self.counts.blocked,
            dead: self.dead,
            quarantined: self.quarantined,
            retried: self.retried,
            died: self.died,
            lapsed: self.lapsed,
            awaited: self.awaited,
            gate: self.gate,
            is_crowded: self.is_crowded,
        }
    }

    pub(super) fn save(&mut self, sql: &Connection) -> Step<()> {
        if self.stored == Some(self.seldom_changed()) {
            self.save_often_changed(sql)
        } else {
            self.save_all(sql)?;
            self.stored = Some(self.seldom_changed());
            Ok(())
        }
    }

    fn save_often_changed(&self, sql: &Connection) -> Step<()> {
        sql.prepare_cached(
            "UPDATE fairlane_lane SET start = ?2, max_start = ?3, turns = ?4, next_job = ?5,
             clock = ?6, due = ?7, lease_due = ?8, ready_lanes = ?9, ready = ?10, in_flight = ?11,
             pushed = ?12, completed = ?13 WHERE id = ?1",
        )?
        .execute([
            Self::state_row(self.id),
            self.virtual_time,
            self.max_start,
            self.turns,
            self.next_job,
            self.clock,
            self.due,
            self.lease_due,
            self.ready_lanes,
            self.counts.ready,
            self.counts.in_flight,
            self.pushed,
            self.completed,
        ])?;
        Ok(())
    }

    fn save_all(&self, sql: &Connection) -> Step<()> {
        let Gate { limits, used, paused, throttled_until } = self.gate;
        sql.prepare_cached(
            "UPDATE fairlane_lane SET start = ?2, max_start = ?3, turns = ?4, next_job = ?5,
             key_generation = ?6, clock = ?7, due = ?8, lease_due = ?9, lane_cursor = ?10,
             ready_lanes = ?11, ready = ?12, delayed = ?13, blocked = ?14, in_flight = ?15,
             dead = ?16, quarantined = ?17, pushed = ?18, completed = ?19, retried = ?20,
             died = ?21, lapsed = ?22, rate_count = ?23, rate_window = ?24, rate_used = ?25,
             max_in_flight = ?26, max_waiting = ?27, paused = ?28, throttled_until = ?29,
             is_crowded = ?30, awaited = ?31
             WHERE id = ?1",
        )?
        .execute(params![
            Self::state_row(self.id),
            self.virtual_time,
            self.max_start,
            self.turns,
            self.next_job,
            self.key_generation,
            self.clock,
            self.due,
            self.lease_due,
            self.lane_cursor,
            self.ready_lanes,
            self.counts.ready,
            self.counts.delayed,
            self.counts.blocked,
            self.counts.in_flight,
            self.dead,
            self.quarantined,
            self.pushed,
            self.completed,
            self.retried,
            self.died,
            self.lapsed,
            limits.rate.count,
            limits.rate.window,
            used,
            limits.max_in_flight,
            limits.max_waiting,
            paused,
            throttled_until,
            self.is_crowded,
            self.awaited,
        ])?;
        Ok(())
    }

    fn read(row: &Row<'_>, id: i64, tag: u32) -> rusqlite::Result<Self> {
        Ok(Self {
            id,
            tag,
            virtual_time: row.get(0)?,
            max_start: row.get(1)?,
            turns: row.get(2)?,
            next_job: row.get(3)?,
            key_generation: row.get(4)?,
            clock: row.get(5)?,
            due: row.get(6)?,
            lease_due: row.get(7)?,
            lane_cursor: row.get(8)?,
            ready_lanes: row.get(9)?,
            counts: Counts {
                ready: row.get(10)?,
                delayed: row.get(11)?,
                blocked: row.get(12)?,
                in_flight: row.get(13)?,
            },
            dead: row.get(14)?,
            quarantined: row.get(15)?,
            pushed: row.get(16)?,
            completed: row.get(17)?,
            retried: row.get(18)?,
            died: row.get(19)?,
            lapsed: row.get(20)?,
            gate: Gate {
                limits: Limits {
                    rate: Rate { count: row.get(21)?, window: row.get(22)? },
                    max_in_flight: row.get(24)?,
                    max_waiting: row.get(25)?,
                    weight: 1,
                },
                used: row.get(23)?,
                paused: row.get(26)?,
                throttled_until: row.get(27)?,
            },
            is_crowded: row.get(28)?,
            awaited: row.get(29)?,
            stored: None,
        })
    }

    /// Gives the rowids of the queue's jobs, first and last.
    pub(super) fn job_range(&self) -> (i64, i64) {
        job_range(self.id)
    }

    /// Gives the rowid of a job by its number.
    pub(super) fn row_of(&self, number: i64) -> i64 {
        row_of(self.id, number)
    }
}

/// How many bits of a job's rowid number it within its queue.
const JOB_BITS: u32 = 40;

/// Gives the rowid of a job by its queue and its number.
pub(super) const fn row_of(queue: i64, number: i64) -> i64 {
    (queue << JOB_BITS) | number
}

/// Gives the rowids of a queue's jobs, first and last.
pub(super) const fn job_range(queue: i64) -> (i64, i64) {
    (row_of(queue, 0), row_of(queue, (1 << JOB_BITS) - 1))
}

/// Gives the number of a job within its queue.
pub(super) const fn number_of(row: i64) -> u64 {
    (row & ((1 << JOB_BITS) - 1)) as u64
}

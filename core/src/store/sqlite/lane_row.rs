//! A lane as it is stored.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::clock::Millis;
use crate::fair::load;
use crate::lane::{Counts, LaneState};
use crate::limits::{Limits, Rate};
use crate::store::sqlite::gate::Gate;
use crate::store::sqlite::step::Step;

/// A lane as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) start: i64,
    /// Its number among the ready lanes; `None` unless it is ready.
    pub(super) turn: Option<i64>,
    pub(super) wakes_at: Option<Millis>,
    /// The position before which a returned job goes.
    pub(super) first: i64,
    /// The position at which a due job goes.
    pub(super) next: i64,
    pub(super) counts: Counts,
    pub(super) gate: Gate,
    /// Whether it has limits from `set_limits`, and so outlives its jobs.
    pub(super) kept: bool,
    /// The number of the call that changed it last; not stored.
    pub(super) touched_by: u64,
    /// What the columns that stand in an index hold: they are not written again without need,
    /// because writing them writes the index, too.
    indexed: Indexed,
    /// What the columns hold that most calls leave alone; they are not bound again without need.
    stored: Option<SeldomChanged>,
}

/// What ready lanes are ordered by: load, virtual time, turn.
pub(super) type Order = (i64, i64, i64);

/// The columns of a lane that pushing, popping and completing leave alone.
#[derive(Debug, Clone, Copy, PartialEq)]
struct SeldomChanged {
    first: i64,
    delayed: i64,
    blocked: i64,
    gate: Gate,
    kept: bool,
}

/// The columns of a lane that stand in an index, but for its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Indexed {
    load: Option<i64>,
    turn: Option<i64>,
    wakes_at: Option<Millis>,
}

const COLUMNS: &str = "id, name, start, turn, wakes_at, first, next, ready, delayed, blocked, \
     in_flight, rate_count, rate_window, rate_used, max_in_flight, weight, max_waiting, paused, \
     throttled_until, kept, load";

impl Lane {
    /// Makes a lane that nobody has seen yet.
    pub(super) fn insert(sql: &Connection, queue: i64, name: &str, start: i64) -> Step<Self> {
        sql.prepare_cached("INSERT INTO fairlane_lane (queue, name, start) VALUES (?1, ?2, ?3)")?
            .execute(params![queue, name, start])?;
        Ok(Self {
            id: sql.last_insert_rowid(),
            name: name.to_owned(),
            start,
            turn: None,
            wakes_at: None,
            first: 0,
            next: 0,
            counts: Counts::default(),
            gate: Gate::default(),
            kept: false,
            touched_by: 0,
            indexed: Indexed::default(),
            stored: None,
        })
    }

    pub(super) fn by_id(sql: &Connection, id: i64) -> Step<Option<Self>> {
        Ok(sql
            .prepare_cached(&format!("SELECT {COLUMNS} FROM fairlane_lane WHERE id = ?1"))?
            .query_row([id], Self::read)
            .optional()?)
    }

    pub(super) fn by_name(sql: &Connection, queue: i64, name: &str) -> Step<Option<Self>> {
        Ok(sql
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM fairlane_lane WHERE queue = ?1 AND name = ?2"
            ))?
            .query_row(params![queue, name], Self::read)
            .optional()?)
    }

    /// Lists lanes by name, from the first name greater than `after`.
    pub(super) fn list(sql: &Connection, queue: i64, after: &str, limit: usize) -> Step<Vec<Self>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let lanes = sql
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM fairlane_lane WHERE queue = ?1 AND name > ?2
                 ORDER BY name LIMIT ?3"
            ))?
            .query_map(params![queue, after, limit], Self::read)?
            .collect::<rusqlite::Result<_>>()?;
        Ok(lanes)
    }

    /// Lists the ready lanes of a queue where they are few.
    pub(super) fn few_ready(sql: &Connection, queue: i64) -> Step<Vec<Self>> {
        let lanes = sql
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM fairlane_lane
                 WHERE queue = ?1 AND turn IS NOT NULL AND load IS NULL"
            ))?
            .query_map([queue], Self::read)?
            .collect::<rusqlite::Result<_>>()?;
        Ok(lanes)
    }

    /// Lists the ready lanes of a queue where they are many.
    pub(super) fn many_ready(sql: &Connection, queue: i64) -> Step<Vec<Self>> {
        let lanes = sql
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM fairlane_lane WHERE queue = ?1 AND load IS NOT NULL"
            ))?
            .query_map([queue], Self::read)?
            .collect::<rusqlite::Result<_>>()?;
        Ok(lanes)
    }

    /// Lists the foremost ready lanes of a queue where they are many, up to `count`.
    pub(super) fn foremost(sql: &Connection, queue: i64, count: usize) -> Step<Vec<Self>> {
        let lanes = sql
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM fairlane_lane WHERE queue = ?1 AND load IS NOT NULL
                 ORDER BY load, start, turn LIMIT ?2"
            ))?
            .query_map([queue, count as i64], Self::read)?
            .collect::<rusqlite::Result<_>>()?;
        Ok(lanes)
    }

    /// Gives the lane's place among ready lanes: the lowest is served first.
    pub(super) fn order(&self) -> Order {
        let load = load(self.counts.in_flight, self.gate.limits.weight);
        (load, self.start, self.turn.unwrap_or(i64::MAX))
    }

    /// Tells whether a lane from which jobs were popped or completed was ready before and still is.
    /// One with a rate must be looked at more closely.
    pub(super) fn stays_ready(&self) -> bool {
        self.turn.is_some()
            && self.counts.ready > 0
            && self.gate.limits.rate.is_unlimited()
            && !self.gate.is_capped(self.counts.in_flight)
    }

    /// Writes the lane; in a crowded queue the index of ready lanes, too.
    pub(super) fn save(&mut self, sql: &Connection, is_crowded: bool) -> Step<()> {
        if self.stored == Some(self.seldom_changed()) {
            self.save_often_changed(sql)?;
        } else {
            self.save_all(sql)?;
            self.stored = Some(self.seldom_changed());
        }
        let load = (is_crowded && self.turn.is_some()).then(|| self.order().0);
        let indexed = Indexed { load, turn: self.turn, wakes_at: self.wakes_at };
        if indexed != self.indexed {
            sql.prepare_cached(
                "UPDATE fairlane_lane SET load = ?2, turn = ?3, wakes_at = ?4 WHERE id = ?1",
            )?
            .execute(params![self.id, load, self.turn, self.wakes_at])?;
            self.indexed = indexed;
        }
        Ok(())
    }

    fn seldom_changed(&self) -> SeldomChanged {
        SeldomChanged {
            first: self.first,
            delayed: self.counts.delayed,
            blocked: self.counts.blocked,
            gate: self.gate,
            kept: self.kept,
        }
    }

    fn save_often_changed(&self, sql: &Connection) -> Step<()> {
        sql.prepare_cached(
            "UPDATE fairlane_lane SET start = ?2, next = ?3, ready = ?4, in_flight = ?5 WHERE id = ?1",
        )?
        .execute([self.id, self.start, self.next, self.counts.ready, self.counts.in_flight])?;
        Ok(())
    }

    fn save_all(&self, sql: &Connection) -> Step<()> {
        let Gate { limits, used, paused, throttled_until } = self.gate;
        sql.prepare_cached(
            "UPDATE fairlane_lane SET start = ?2, first = ?3, next = ?4, ready = ?5, delayed = ?6,
             blocked = ?7, in_flight = ?8, rate_count = ?9, rate_window = ?10, rate_used = ?11,
             max_in_flight = ?12, weight = ?13, max_waiting = ?14, paused = ?15,
             throttled_until = ?16, kept = ?17 WHERE id = ?1",
        )?
        .execute(params![
            self.id,
            self.start,
            self.first,
            self.next,
            self.counts.ready,
            self.counts.delayed,
            self.counts.blocked,
            self.counts.in_flight,
            limits.rate.count,
            limits.rate.window,
            used,
            limits.max_in_flight,
            limits.weight,
            limits.max_waiting,
            paused,
            throttled_until,
            self.kept,
        ])?;
        Ok(())
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut lane = Self {
            id: row.get(0)?,
            name: row.get(1)?,
            start: row.get(2)?,
            turn: row.get(3)?,
            wakes_at: row.get(4)?,
            first: row.get(5)?,
            next: row.get(6)?,
            counts: Counts {
                ready: row.get(7)?,
                delayed: row.get(8)?,
                blocked: row.get(9)?,
                in_flight: row.get(10)?,
            },
            gate: Gate {
                limits: Limits {
                    rate: Rate { count: row.get(11)?, window: row.get(12)? },
                    max_in_flight: row.get(14)?,
                    weight: row.get(15)?,
                    max_waiting: row.get(16)?,
                },
                used: row.get(13)?,
                paused: row.get(17)?,
                throttled_until: row.get(18)?,
            },
            kept: row.get(19)?,
            touched_by: 0,
            indexed: Indexed { load: row.get(20)?, turn: row.get(3)?, wakes_at: row.get(4)? },
            stored: None,
        };
        lane.stored = Some(lane.seldom_changed());
        Ok(lane)
    }

    /// Tells whether the lane has neither jobs nor settings, so that only what it started lately
    /// and its debt of virtual time tell it from no lane.
    pub(super) fn is_bare(&self, now: Millis) -> bool {
        self.counts == Counts::default()
            && !self.kept
            && !self.gate.paused
            && self.gate.throttled_until <= now
    }

    /// Names why the lane is served or not.
    pub(super) fn state(&self) -> LaneState {
        if self.gate.paused {
            LaneState::Paused
        } else if self.counts.ready == 0 {
            LaneState::Empty
        } else if self.gate.is_capped(self.counts.in_flight) {
            LaneState::Capped
        } else if self.turn.is_none() {
            LaneState::Throttled
        } else {
            LaneState::Ready
        }
    }
}

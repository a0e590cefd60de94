//! What holds a lane, or the whole queue, back: its rate above all.

use crate::clock::Millis;
use crate::fair::{next_start, rate_cost};
use crate::limits::{Limits, Rate};
use crate::store::sqlite::call::Call;
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::step::Step;

/// What holds a lane, or the whole queue, back.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Gate {
    pub(super) limits: Limits,
    /// The cost of the starts in `fairlane_start`, those out of the window not yet taken off.
    pub(super) used: i64,
    pub(super) paused: bool,
    pub(super) throttled_until: Millis,
}

impl Gate {
    pub(super) fn is_capped(&self, in_flight: i64) -> bool {
        self.limits.max_in_flight > 0 && in_flight >= self.limits.max_in_flight
    }
}

impl Call<'_> {
    /// Gives the moment from which the lane's foremost job may start; `None` if it may now.
    pub(super) fn opens_at(&mut self, lane: &mut Lane) -> Step<Option<Millis>> {
        let throttled_until =
            Some(lane.gate.throttled_until).filter(|throttled_until| *throttled_until > self.now);
        if lane.gate.limits.rate.is_unlimited() {
            return Ok(throttled_until);
        }
        self.prune_starts(lane.id, &mut lane.gate)?;
        let cost = self
            .sql
            .prepare_cached(
                "SELECT cost FROM fairlane_job WHERE id = (SELECT job FROM fairlane_place
                 WHERE lane = ?1 AND rank >= 0 ORDER BY rank, position LIMIT 1)",
            )?
            .query_row([lane.id], |row| row.get(0))
            // A damaged job must not hide behind the limit: popping finds it.
            .unwrap_or(1);
        Ok(throttled_until.max(self.rate_opens_at(lane.id, &lane.gate, cost)?))
    }

    /// Gives the moment from which a gate's rate admits a job of that cost; `None` if it does now.
    /// Starts out of the window have been pruned.
    pub(super) fn rate_opens_at(&self, id: i64, gate: &Gate, cost: i64) -> Step<Option<Millis>> {
        let rate = gate.limits.rate;
        let excess = gate.used + rate_cost(cost, rate) - rate.count;
        if rate.is_unlimited() || excess <= 0 {
            return Ok(None);
        }
        // Each start costs at least 1, so no more than `excess` of them need to leave.
        let oldest = self
            .sql
            .prepare_cached(
                "SELECT at, cost FROM fairlane_start WHERE gate = ?1 ORDER BY at LIMIT ?2",
            )?
            .query_map([id, excess], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(Millis, i64)>>>()?;
        Ok(next_start(rate, cost, gate.used, oldest))
    }

    /// Takes off the starts that have left the window.
    pub(super) fn prune_starts(&self, id: i64, gate: &mut Gate) -> Step<()> {
        if gate.used == 0 {
            return Ok(());
        }
        let gone = self
            .sql
            .prepare_cached(
                "DELETE FROM fairlane_start WHERE gate = ?1 AND at <= ?2 RETURNING cost",
            )?
            .query_map([id, self.now - gate.limits.rate.window], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        gate.used -= gone.iter().sum::<i64>();
        Ok(())
    }

    /// Remembers a start, if the gate has a rate.
    pub(super) fn record_start(&self, id: i64, gate: &mut Gate, cost: i64) -> Step<()> {
        let rate = gate.limits.rate;
        if rate.is_unlimited() {
            return Ok(());
        }
        let cost = rate_cost(cost, rate);
        gate.used += cost;
        self.sql
            .prepare_cached(
                "INSERT INTO fairlane_start (gate, at, cost) VALUES (?1, ?2, ?3)
                 ON CONFLICT (gate, at) DO UPDATE SET cost = cost + excluded.cost",
            )?
            .execute([id, self.now, cost])?;
        Ok(())
    }

    /// Sets a gate's rate. What it has started is kept as far as the old window reaches.
    pub(super) fn set_rate(&self, id: i64, gate: &mut Gate, rate: Rate) -> Step<()> {
        self.prune_starts(id, gate)?;
        gate.limits.rate = if rate.is_unlimited() { Rate::UNLIMITED } else { rate };
        if rate.is_unlimited() && gate.used > 0 {
            self.sql.prepare_cached("DELETE FROM fairlane_start WHERE gate = ?1")?.execute([id])?;
            gate.used = 0;
        }
        Ok(())
    }

    /// Gives the id under which the queue's own starts are remembered.
    pub(super) fn queue_gate(&self) -> i64 {
        -self.queue.id
    }

    /// Tells whether a lane is gone by the rules, so that its row means nothing any more.
    pub(super) fn is_gone(&self, lane: &mut Lane) -> Step<bool> {
        if !lane.is_bare(self.now) || lane.start > self.queue.virtual_time {
            return Ok(false);
        }
        self.prune_starts(lane.id, &mut lane.gate)?;
        Ok(lane.gate.used == 0)
    }
}

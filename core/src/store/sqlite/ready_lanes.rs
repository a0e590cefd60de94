//! The order of the ready lanes.
//!
//! While few lanes are ready, their order is found by comparing them: they are remembered, and no
//! commit writes an index for it. When they become many, an index holds the order, and each pop and
//! each ending writes it. Both ways give the same order.

use crate::store::sqlite::call::Call;
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::step::Step;

/// More ready lanes than this are many.
const MANY: i64 = 16;
/// Fewer ready lanes than this are few again; apart from [`MANY`], so that a queue on the border
/// does not change its ways with every call.
const FEW: i64 = 8;

/// The ready lanes of a queue where they are few.
#[derive(Debug, Default)]
pub(super) struct ReadyLanes {
    /// `None` if they are not known: to be read when they are needed.
    ids: Option<Vec<i64>>,
}

impl ReadyLanes {
    pub(super) fn enter(&mut self, lane: i64) {
        if let Some(ids) = &mut self.ids {
            ids.push(lane);
        }
    }

    pub(super) fn leave(&mut self, lane: i64) {
        if let Some(ids) = &mut self.ids {
            ids.retain(|id| *id != lane);
        }
    }
}

impl Call<'_> {
    /// Finds the ready lane that is served next.
    pub(super) fn next_lane(&mut self) -> Step<Option<i64>> {
        if self.queue.ready_lanes == 0 {
            return Ok(None);
        }
        if self.queue.ready_lanes > MANY || self.queue.is_crowded {
            self.flush()?;
        }
        if self.queue.is_crowded {
            return self.next_of_many();
        }
        self.know_the_few()?;
        let ids = self.ready.ids.iter().flatten();
        let lanes = ids.filter_map(|id| self.lanes.get(id));
        Ok(lanes.min_by_key(|lane| lane.order()).map(|lane| lane.id))
    }

    fn next_of_many(&self) -> Step<Option<i64>> {
        let mut statement = self.sql.prepare_cached(
            "SELECT id FROM fairlane_lane WHERE queue = ?1 AND load IS NOT NULL
             ORDER BY load, start, turn LIMIT 1",
        )?;
        let mut rows = statement.query([self.queue.id])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }

    /// Reads the ready lanes of a queue where they are few, if they are not remembered.
    fn know_the_few(&mut self) -> Step<()> {
        if self.ready.ids.is_none() {
            // What was changed in this call is truer than the rows, and the rows decide who is ready.
            self.save_changed_lanes()?;
            let lanes = Lane::few_ready(self.sql, self.queue.id)?;
            self.remember_ready(lanes);
        }
        Ok(())
    }

    fn remember_ready(&mut self, lanes: Vec<Lane>) {
        self.ready.ids = Some(lanes.iter().map(|lane| lane.id).collect());
        for lane in lanes {
            if !self.lanes.contains_key(&lane.id) {
                self.put_untouched(lane);
            }
        }
    }

    /// Chooses between the two ways by the number of ready lanes; what changes with the choice is
    /// noted for the flush that calls this.
    pub(super) fn order_by_number(&mut self) -> Step<()> {
        if !self.queue.is_crowded && self.queue.ready_lanes > MANY {
            self.know_the_few()?;
            self.queue.is_crowded = true;
            self.unsaved.extend(self.ready.ids.take().into_iter().flatten());
            self.touch();
        } else if self.queue.is_crowded && self.queue.ready_lanes < FEW {
            self.save_changed_lanes()?;
            let lanes = Lane::many_ready(self.sql, self.queue.id)?;
            self.remember_ready(lanes);
            self.queue.is_crowded = false;
            self.unsaved.extend(self.ready.ids.iter().flatten());
            self.touch();
        }
        Ok(())
    }
}

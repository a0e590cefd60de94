//! The order of the ready lanes.
//!
//! While few lanes are ready, their order is found by comparing them: they are remembered, and no
//! commit writes an index for it. When they become many, an index holds the order, as it was when
//! lanes were last written ([`super::crowd`]). Both ways give the same order.

use crate::store::sqlite::call::Call;
use crate::store::sqlite::crowd::Crowd;
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::step::Step;

/// More ready lanes than this are many.
const MANY: i64 = 16;
/// Fewer ready lanes than this are few again; apart from [`MANY`], so that a queue on the border
/// does not change its ways with every call.
const FEW: i64 = 8;

/// What is remembered of the ready lanes of a queue.
#[derive(Debug, Default)]
pub(super) struct ReadyLanes {
    /// All of them where they are few; `None` if they are not known: to be read when needed.
    few: Option<Vec<i64>>,
    /// The foremost of them where they are many.
    crowd: Crowd,
}

impl ReadyLanes {
    pub(super) fn enter(&mut self, lane: i64) {
        if let Some(few) = &mut self.few {
            few.push(lane);
        }
    }

    pub(super) fn leave(&mut self, lane: i64) {
        if let Some(few) = &mut self.few {
            few.retain(|id| *id != lane);
        }
    }
}

impl Call<'_> {
    /// Finds the ready lane that is served next.
    pub(super) fn next_lane(&mut self) -> Step<Option<i64>> {
        if self.queue.ready_lanes == 0 {
            return Ok(None);
        }
        if self.queue.ready_lanes > MANY && !self.queue.is_crowded {
            self.flush()?;
        }
        if self.queue.is_crowded && self.ready.crowd.is_used_up() {
            // The index tells the truth about what was written.
            self.flush()?;
            let lanes = Lane::foremost(self.sql, self.queue.id, self.ready.crowd.next_count())?;
            self.ready.crowd.read(&lanes);
            self.remember(lanes);
        }
        if self.queue.is_crowded {
            return Ok(self.ready.crowd.first());
        }
        self.know_the_few()?;
        let ids = self.ready.few.iter().flatten();
        let lanes = ids.filter_map(|id| self.lanes.get(id));
        Ok(lanes.min_by_key(|lane| lane.order()).map(|lane| lane.id))
    }

    /// Notes where a lane stands now among the ready ones, or that it is not ready.
    pub(super) fn reorder(&mut self, lane: &Lane) {
        if self.queue.is_crowded {
            self.ready.crowd.put(lane);
        }
    }

    /// Reads the ready lanes of a queue where they are few, if they are not remembered.
    fn know_the_few(&mut self) -> Step<()> {
        if self.ready.few.is_none() {
            // What was changed in this call is truer than the rows, and the rows decide who is ready.
            self.save_changed_lanes()?;
            let lanes = Lane::few_ready(self.sql, self.queue.id)?;
            self.remember_few(lanes);
        }
        Ok(())
    }

    fn remember_few(&mut self, lanes: Vec<Lane>) {
        self.ready.few = Some(lanes.iter().map(|lane| lane.id).collect());
        self.remember(lanes);
    }

    fn remember(&mut self, lanes: Vec<Lane>) {
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
            self.unsaved.extend(self.ready.few.take().into_iter().flatten());
            self.ready.crowd = Crowd::default();
            self.touch();
        } else if self.queue.is_crowded && self.queue.ready_lanes < FEW {
            self.save_changed_lanes()?;
            let lanes = Lane::many_ready(self.sql, self.queue.id)?;
            self.remember_few(lanes);
            self.queue.is_crowded = false;
            self.unsaved.extend(self.ready.few.iter().flatten());
            self.touch();
        }
        Ok(())
    }
}

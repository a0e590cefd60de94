//! The ready lanes of a queue where they are many: the foremost are read ahead from the index, and
//! what has changed since stands beside them, so that the index need not be written with each call.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::store::sqlite::lane_row::{Lane, Order};

/// The most lanes that are read ahead.
const READ_AHEAD: usize = 64;

/// The foremost of many ready lanes.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    /// The foremost lanes of the index in its order.
    ahead: VecDeque<(Order, i64)>,
    /// Whether those were all that the index had.
    is_all: bool,
    /// How many the last look has asked for: who takes lane after lane reads more each time.
    count: usize,
    /// The lanes that were put since the index was read, which knows better of no others: where
    /// they stand, if they are ready.
    moved: HashMap<i64, Option<Order>>,
    /// The ready ones among them.
    in_order: BTreeSet<(Order, i64)>,
}

impl Crowd {
    /// Notes where a lane stands now.
    pub(super) fn put(&mut self, lane: &Lane) {
        let order = lane.turn.is_some().then(|| lane.order());
        if let Some(Some(before)) = self.moved.insert(lane.id, order) {
            self.in_order.remove(&(before, lane.id));
        }
        self.in_order.extend(order.map(|order| (order, lane.id)));
    }

    /// Tells whether the index must be read to find the first lane: one that was not read may stand
    /// before those that have moved.
    pub(super) fn is_used_up(&mut self) -> bool {
        while self.ahead.front().is_some_and(|(_, id)| self.moved.contains_key(id)) {
            self.ahead.pop_front();
        }
        self.ahead.is_empty() && !self.is_all
    }

    /// Gives the first lane; comes after [`Crowd::is_used_up`].
    pub(super) fn first(&self) -> Option<i64> {
        let first = self.ahead.front().into_iter().chain(self.in_order.first()).min();
        first.map(|(_, id)| *id)
    }

    /// Tells how many lanes to read next.
    pub(super) fn next_count(&mut self) -> usize {
        self.count = (self.count * 2).clamp(1, READ_AHEAD);
        self.count
    }

    /// Begins anew with what the index holds now, when all lanes have been written.
    pub(super) fn read(&mut self, foremost: &[Lane]) {
        self.ahead = foremost.iter().map(|lane| (lane.order(), lane.id)).collect();
        self.is_all = foremost.len() < self.count;
        self.moved.clear();
        self.in_order.clear();
    }
}

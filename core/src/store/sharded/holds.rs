//! Holds, each on the shard of its key.

use crate::clock::Millis;
use crate::error::Result;
use crate::store::{Held, NewHold, Store};

use super::Sharded;
use super::split::{Joined, Part, split};

impl<S: Store> Sharded<S> {
    pub(super) fn hold_parts(&self, holds: Vec<NewHold>, lease: Millis) -> Result<Vec<bool>> {
        self.of_each(holds, |hold| &hold.key, |shard, holds| shard.hold(holds, lease))
    }

    pub(super) fn keep_parts(&self, holds: Vec<Held>, lease: Millis) -> Result<Vec<bool>> {
        self.of_each(holds, |held| &held.key, |shard, holds| shard.keep(holds, lease))
    }

    pub(super) fn let_go_parts(&self, holds: Vec<Held>, is_done: bool) -> Result<()> {
        let let_go = |shard: &S, holds: Vec<Held>| {
            let count = holds.len();
            shard.let_go(holds, is_done).map(|()| vec![(); count])
        };
        self.of_each(holds, |held| &held.key, let_go).map(drop)
    }

    /// Makes a call shard by shard. The first shard that fails ends it: to make it again is harmless.
    fn of_each<T, R>(
        &self,
        holds: Vec<T>,
        key: impl Fn(&T) -> &str,
        call: impl Fn(&S, Vec<T>) -> Result<Vec<R>>,
    ) -> Result<Vec<R>> {
        let mut joined = Joined::of(holds.len());
        let placed = holds.into_iter().enumerate();
        let placed = placed.map(|(place, hold)| (self.placement.of_lane(key(&hold)), place, hold));
        for Part { shard, places, items } in split(placed) {
            joined.put(&places, call(&self.shards[shard], items)?);
        }
        joined.all()
    }
}

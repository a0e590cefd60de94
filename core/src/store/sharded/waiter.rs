//! Waiting at all shards at once.

use std::time::Duration;

use crate::error::Result;
use crate::store::{Ask, Batch, Store, Waiter};

use super::Sharded;

/// The places of one waiting worker, one at each shard; dropping them leaves all.
pub trait Places {
    /// Delivers from one shard as [`Waiter::pop`] does.
    ///
    /// # Errors
    /// Those of the shard.
    fn pop(&mut self, shard: usize, ask: Ask) -> Result<Batch>;

    /// Sleeps as [`Waiter::wait`] does, until any of the shards rings.
    ///
    /// # Errors
    /// `Closed`, once the store is closed.
    fn wait(&mut self, timeout: Duration) -> Result<()>;
}

/// A worker that waits at all shards.
pub(super) struct ShardedWaiter<'a, S> {
    pub(super) store: &'a Sharded<S>,
    pub(super) places: Box<dyn Places + 'a>,
}

impl<S: Store> Waiter for ShardedWaiter<'_, S> {
    fn pop(&mut self, ask: Ask) -> Result<Batch> {
        self.store.pop_in_turn(ask, |shard, ask| self.places.pop(shard, ask))
    }

    fn wait(&mut self, timeout: Duration) -> Result<()> {
        self.places.wait(timeout)
    }
}

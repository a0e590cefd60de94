//! Results: each is on the shard of its job.

use std::time::Duration;

use crate::error::Result;
use crate::store::{Fate, Listener, Store};
use crate::token::JobId;

use super::Sharded;
use super::placement::Placement;
use super::retold::Named;

impl<S: Store> Sharded<S> {
    pub(super) fn fate_outside(&self, id: JobId) -> Result<Fate> {
        let shard = &self.shards[self.placement.of_job(id)];
        shard.fate(self.placement.inside(id)).map_err(|error| retold(error, id, self.placement))
    }

    pub(super) fn listener_outside(&self, id: JobId) -> Result<Box<dyn Listener + '_>> {
        let shard = &self.shards[self.placement.of_job(id)];
        let inner = shard.listener(self.placement.inside(id))?;
        Ok(Box::new(ShardListener { inner, id, placement: self.placement }))
    }
}

/// A listener at the shard of a job.
struct ShardListener<'a> {
    inner: Box<dyn Listener + 'a>,
    id: JobId,
    placement: Placement,
}

impl Listener for ShardListener<'_> {
    fn look(&mut self) -> Result<Fate> {
        self.inner.look().map_err(|error| retold(error, self.id, self.placement))
    }

    fn wait(&mut self, timeout: Duration) -> Result<bool> {
        self.inner.wait(timeout)
    }
}

fn retold(error: crate::Error, id: JobId, placement: Placement) -> crate::Error {
    Named { asked: Some(id), ..Named::default() }.retell(error, placement)
}

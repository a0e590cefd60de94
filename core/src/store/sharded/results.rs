//! Results: each is on the shard of its job.

use std::time::Duration;

use crate::error::Result;
use crate::store::{Ear, Fate, Listener, News, Store};
use crate::token::JobId;

use super::Sharded;
use super::placement::Placement;
use super::retold::Named;

/// The listeners of one thread, one at each shard; dropping them ends all.
pub trait Ears {
    /// Sleeps as [`Listener::wait`] does, until any of the shards calls; tells what each has said.
    ///
    /// # Errors
    /// `Closed`, once the store is closed.
    fn wait(&mut self, timeout: Duration) -> Result<Vec<News>>;
}

impl<S: Store> Sharded<S> {
    pub(super) fn fate_outside(&self, id: JobId) -> Result<Fate> {
        let (_, shard, inside) = self.of_job(id);
        shard.fate(inside).map_err(|error| retold(error, id, self.placement))
    }

    pub(super) fn await_end_outside(&self, id: JobId, ear: Ear) -> Result<Fate> {
        let (_, shard, inside) = self.of_job(id);
        shard.await_end(inside, ear).map_err(|error| retold(error, id, self.placement))
    }

    pub(super) fn listener_of(&self, id: JobId, ear: Ear) -> Result<Box<dyn Listener + '_>> {
        let (number, shard, inside) = self.of_job(id);
        let inner = shard.listener(ear, Some(inside))?;
        Ok(Box::new(ShardListener { inner, shard: number, placement: self.placement }))
    }

    pub(super) fn listener_of_all(&self, ear: Ear) -> Result<Box<dyn Listener + '_>> {
        let ears = (self.listen)(&self.shards, ear)?;
        Ok(Box::new(ShardedListener { ears, placement: self.placement }))
    }
}

/// A listener at the shard of a job.
struct ShardListener<'a> {
    inner: Box<dyn Listener + 'a>,
    shard: usize,
    placement: Placement,
}

impl Listener for ShardListener<'_> {
    fn wait(&mut self, timeout: Duration) -> Result<News> {
        Ok(outside(self.inner.wait(timeout)?, self.shard, self.placement))
    }
}

/// A listener at all shards.
struct ShardedListener<'a> {
    ears: Box<dyn Ears + 'a>,
    placement: Placement,
}

impl Listener for ShardedListener<'_> {
    fn wait(&mut self, timeout: Duration) -> Result<News> {
        let mut ended = Vec::new();
        for (shard, news) in self.ears.wait(timeout)?.into_iter().enumerate() {
            match outside(news, shard, self.placement) {
                News::Nothing => {}
                News::Ends(ids) => ended.extend(ids),
                News::Unknown => return Ok(News::Unknown),
            }
        }
        Ok(if ended.is_empty() { News::Nothing } else { News::Ends(ended) })
    }
}

fn outside(news: News, shard: usize, placement: Placement) -> News {
    match news {
        News::Ends(ids) => {
            News::Ends(ids.into_iter().map(|id| placement.outside(shard, id)).collect())
        }
        other => other,
    }
}

fn retold(error: crate::Error, id: JobId, placement: Placement) -> crate::Error {
    Named { asked: Some(id), ..Named::default() }.retell(error, placement)
}

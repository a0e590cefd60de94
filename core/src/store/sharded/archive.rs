//! Which dead jobs a verb is about, shard by shard.

use crate::store::{FailedFilter, Store};

use super::Sharded;
use super::split::split;

impl<S: Store> Sharded<S> {
    /// Splits a choice of dead jobs, in the order of the shards.
    pub(super) fn filters(&self, filter: FailedFilter) -> Vec<(usize, FailedFilter)> {
        match filter {
            FailedFilter::All => {
                (0..self.shards.len()).map(|shard| (shard, FailedFilter::All)).collect()
            }
            FailedFilter::Lane(lane) => {
                vec![(self.placement.of_lane(&lane), FailedFilter::Lane(lane))]
            }
            FailedFilter::Ids(ids) => {
                let inside = ids
                    .into_iter()
                    .map(|id| (self.placement.of_job(id), 0, self.placement.inside(id)));
                let parts = split(inside).into_iter();
                parts.map(|part| (part.shard, FailedFilter::Ids(part.items))).collect()
            }
        }
    }
}

//! Pushing, shard by shard.

use crate::error::{Error, Result};
use crate::job::{NewJob, Pushed};
use crate::store::Store;

use super::Sharded;
use super::retold::Named;
use super::split::{Joined, Part, split};

impl<S: Store> Sharded<S> {
    pub(super) fn push_parts(&self, jobs: Vec<NewJob>) -> Result<Vec<Pushed>> {
        let placement = self.placement;
        let total = jobs.len();
        // All are checked before any is pushed.
        let checked = jobs.into_iter().enumerate().map(|(place, job)| {
            let (shard, parent) = (placement.of_lane(&job.lane), job.after);
            Ok((shard, place, (parent, placement.job_inside(shard, job)?)))
        });
        let parts = split(checked.collect::<Result<Vec<_>>>()?);
        let (mut joined, mut done) = (Joined::of(total), 0);
        for Part { shard, places, items } in parts {
            let (parents, jobs): (Vec<_>, _) = items.into_iter().unzip();
            let pushed = self.shards[shard].push(jobs).map_err(|error| {
                let parents = parents.into_iter().flatten().collect();
                let named = Named { parents, ..Named::default() };
                halfway(named.retell(error, placement), done, total)
            })?;
            done += places.len();
            let pushed = pushed.into_iter();
            let outside =
                pushed.map(|each| Pushed { id: placement.outside(shard, each.id), ..each });
            joined.put(&places, outside);
        }
        joined.all()
    }
}

/// Says how many of the jobs stay pushed.
fn halfway(error: Error, done: usize, total: usize) -> Error {
    if done == 0 {
        return error;
    }
    let message = format!(
        "{}; {done} of the {total} jobs, on other shards, had been pushed before and stay pushed",
        error.message()
    );
    Error::new(error.code(), message)
}

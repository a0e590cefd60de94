//! Popping: shards take turns.

use std::sync::atomic::Ordering;

use crate::clock::Millis;
use crate::error::Result;
use crate::store::{Ask, Batch, Store};

use super::Sharded;

impl<S: Store> Sharded<S> {
    /// Pops at one shard after the other until there are enough jobs. A shard that fails does not
    /// keep the others from being asked, then or soon after: its error is told only if none of them
    /// has a job.
    pub(super) fn pop_in_turn(
        &self,
        ask: Ask,
        mut pop: impl FnMut(usize, Ask) -> Result<Batch>,
    ) -> Result<Batch> {
        let count = self.shards.len();
        let first = self.turn.fetch_add(1, Ordering::Relaxed) % count;
        let (mut all, mut failed) = (Batch::default(), None);
        for shard in (first..count).chain(0..first) {
            let left = ask.count - all.jobs.len();
            let step = Ask { count: left, ..ask };
            match self.health[shard].ask(shard, || pop(shard, step)) {
                Ok(batch) => {
                    if shard != first && !batch.jobs.is_empty() {
                        // Those passed over had nothing: this one must not have their turns, too.
                        self.turn.store(shard + 1, Ordering::Relaxed);
                    }
                    all.next_due = earlier(all.next_due, batch.next_due);
                    all.has_tick |= batch.has_tick;
                    let jobs = batch.jobs.into_iter();
                    all.jobs.extend(jobs.map(|job| self.placement.job_outside(shard, job)));
                }
                Err(error) => failed = failed.or(Some(error)),
            }
            if all.jobs.len() >= ask.count {
                all.next_due = None;
                break;
            }
        }
        match failed {
            Some(error) if all.jobs.is_empty() => Err(error),
            _ => Ok(all),
        }
    }
}

fn earlier(one: Option<Millis>, other: Option<Millis>) -> Option<Millis> {
    one.into_iter().chain(other).min()
}

//! What is seen of all shards together.

use crate::error::Result;
use crate::job::JobInfo;
use crate::lane::{Counts, LaneInfo, Stats};
use crate::store::{Dump, Store};

use super::Sharded;
use super::schedule::sort_by_name;

impl<S: Store> Sharded<S> {
    /// Adds up the counts. The queue is paused if every shard is.
    pub(super) fn stats_of_all(&self) -> Result<Stats> {
        let all = self.shards.iter().map(|shard| shard.stats()).collect::<Result<Vec<_>>>()?;
        Ok(joined_stats(&all))
    }

    pub(super) fn lanes_of_all(
        &self,
        after: Option<String>,
        limit: usize,
    ) -> Result<Vec<LaneInfo>> {
        let mut all = Vec::new();
        for shard in &self.shards {
            all.extend(shard.lanes(after.clone(), limit)?);
        }
        all.sort_by(|one: &LaneInfo, other| one.name.cmp(&other.name));
        all.truncate(limit);
        Ok(all)
    }

    pub(super) fn failed_of_all(&self, count: usize) -> Result<Vec<JobInfo>> {
        let mut all = Vec::new();
        for (number, shard) in self.shards.iter().enumerate() {
            let failed = shard.failed(count)?.into_iter();
            all.extend(failed.map(|info| self.placement.info_outside(number, info)));
        }
        all.sort_by_key(|info: &JobInfo| std::cmp::Reverse((info.died_at, info.id)));
        all.truncate(count);
        Ok(all)
    }

    /// Joins the states. Each shard has its own virtual time and order of ready lanes: the former
    /// are added up, the latter stand one behind the other.
    pub(super) fn dump_of_all(&self) -> Result<Dump> {
        let mut all = Dump::default();
        let mut stats = Vec::new();
        for (number, shard) in self.shards.iter().enumerate() {
            let dump = shard.dump()?;
            let outside =
                |(info, deliveries)| (self.placement.info_outside(number, info), deliveries);
            let id_outside = |id| self.placement.outside(number, id);
            all.virtual_time += dump.virtual_time;
            stats.push(dump.stats);
            all.throttled_until = all.throttled_until.max(dump.throttled_until);
            all.history.extend(dump.history);
            all.ready.extend(dump.ready);
            all.lanes.extend(dump.lanes.into_iter().map(|mut lane| {
                lane.ready.iter_mut().for_each(|id| *id = id_outside(*id));
                lane
            }));
            all.jobs.extend(dump.jobs.into_iter().map(outside));
            all.dead.extend(dump.dead.into_iter().map(outside));
            all.schedules.extend(dump.schedules);
            let keys = dump.keys.into_iter();
            all.keys.extend(keys.map(|(key, holder, until)| (key, id_outside(holder), until)));
            all.holds.extend(dump.holds);
            let results = dump.results.into_iter();
            all.results.extend(results.map(|(id, value, until)| (id_outside(id), value, until)));
        }
        all.stats = joined_stats(&stats);
        all.lanes.sort_by(|one, other| one.name.cmp(&other.name));
        all.jobs.sort_by_key(|(info, _)| info.id);
        all.dead.sort_by_key(|(info, _)| info.id);
        all.keys.sort();
        all.holds.sort_by(|one, other| one.key.cmp(&other.key));
        sort_by_name(&mut all.schedules);
        all.results.sort();
        Ok(all)
    }
}

fn joined_stats(all: &[Stats]) -> Stats {
    let sum = |of: fn(&Stats) -> i64| all.iter().map(of).sum();
    Stats {
        counts: Counts {
            ready: sum(|stats| stats.counts.ready),
            delayed: sum(|stats| stats.counts.delayed),
            blocked: sum(|stats| stats.counts.blocked),
            in_flight: sum(|stats| stats.counts.in_flight),
        },
        dead: sum(|stats| stats.dead),
        quarantined: sum(|stats| stats.quarantined),
        lanes: sum(|stats| stats.lanes),
        paused: all.iter().all(|stats| stats.paused),
        limits: all.first().map(|stats| stats.limits).unwrap_or_default(),
        pushed: sum(|stats| stats.pushed),
        completed: sum(|stats| stats.completed),
        retried: sum(|stats| stats.retried),
        died: sum(|stats| stats.died),
        lapsed: sum(|stats| stats.lapsed),
    }
}

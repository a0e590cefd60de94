//! Schedules: each is on the shard of its lane.

use crate::clock::Millis;
use crate::error::Result;
use crate::schedule::{Schedule, ScheduleInfo};
use crate::store::{Store, Ticks};

use super::Sharded;

impl<S: Store> Sharded<S> {
    /// Keeps a schedule. One of that name on another shard ends before: were it to end after, a tick
    /// could be pushed twice.
    pub(super) fn schedule_on_its_shard(&self, schedule: Schedule, next_at: Millis) -> Result<()> {
        let own = self.placement.of_lane(&schedule.job.lane);
        for (number, shard) in self.shards.iter().enumerate() {
            if number != own {
                shard.unschedule(schedule.name.clone())?;
            }
        }
        self.shards[own].schedule(schedule, next_at)
    }

    pub(super) fn unschedule_everywhere(&self, name: &str) -> Result<bool> {
        let mut has_ended = false;
        for shard in &self.shards {
            has_ended |= shard.unschedule(name.to_owned())?;
        }
        Ok(has_ended)
    }

    pub(super) fn schedules_of_all(&self) -> Result<Vec<ScheduleInfo>> {
        let mut all = Vec::new();
        for shard in &self.shards {
            all.extend(shard.schedules()?);
        }
        sort_by_name(&mut all);
        Ok(all)
    }

    /// Gathers ticks; the moment is that of the shard whose clock is ahead. A shard that is away does
    /// not keep those of others from being fired: its error is told only if there are none.
    pub(super) fn ticks_of_all(&self, count: usize) -> Result<Ticks> {
        let (mut all, mut failed) = (Ticks::default(), None);
        for (number, shard) in self.shards.iter().enumerate() {
            match self.health[number].ask(number, || shard.ticks(count)) {
                Ok(ticks) => {
                    all.now = all.now.max(ticks.now);
                    all.due.extend(ticks.due);
                }
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        sort_by_name(&mut all.due);
        all.due.sort_by_key(|info| info.next_at);
        all.due.truncate(count);
        match failed {
            Some(error) if all.due.is_empty() => Err(error),
            _ => Ok(all),
        }
    }
}

pub(super) fn sort_by_name(all: &mut [ScheduleInfo]) {
    all.sort_by(|one, other| one.schedule.name.cmp(&other.schedule.name));
}

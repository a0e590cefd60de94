//! The archive of dead jobs.

use crate::clock::Millis;
use crate::job::JobState;
use crate::store::FailedFilter;
use crate::store::model::state::{End, Entry, Hold, State};
use crate::token::JobId;

impl State {
    /// Moves a live job into the archive, which drops its oldest to keep its size.
    pub(super) fn die(&mut self, id: JobId, error: String) {
        let Some(mut entry) = self.take_out(id) else {
            return;
        };
        self.sums.died += 1;
        entry.state = JobState::Dead;
        entry.lease_until = None;
        entry.died_at = Some(self.now);
        entry.error = Some(error);
        self.dead.insert(id, entry);
        while self.dead.len() as u64 > self.max_failed {
            let Some(oldest) = self.dead_by_age().first().copied() else {
                break;
            };
            self.forget_dead(oldest);
        }
    }

    /// Lists the dead, the oldest first.
    pub(super) fn dead_by_age(&self) -> Vec<JobId> {
        let mut dead: Vec<(Option<Millis>, JobId)> = Vec::new();
        for (id, entry) in &self.dead {
            dead.push((entry.died_at, *id));
        }
        dead.sort();
        dead.into_iter().map(|(_, id)| id).collect()
    }

    /// Drops a dead job for good, with the jobs blocked on it.
    pub(super) fn forget_dead(&mut self, id: JobId) {
        self.dead.remove(&id);
        self.remove_blocked_on(id);
    }

    pub(super) fn restore(&mut self, filter: &FailedFilter) -> u64 {
        let meant = self.dead_that_match(filter);
        for id in &meant {
            let Some(mut entry) = self.dead.remove(id) else {
                continue;
            };
            self.take_key_again(*id, &mut entry);
            entry.tries = 0;
            entry.died_at = None;
            entry.state = JobState::Blocked;
            self.lane_mut(&entry.job.lane).count(JobState::Blocked, 1);
            self.jobs.insert(*id, entry);
            self.make_ready(*id, End::Back);
        }
        meant.len() as u64
    }

    pub(super) fn clean(&mut self, filter: &FailedFilter) -> u64 {
        let meant = self.dead_that_match(filter);
        for id in &meant {
            self.forget_dead(*id);
        }
        meant.len() as u64
    }

    fn dead_that_match(&self, filter: &FailedFilter) -> Vec<JobId> {
        let is_meant = |id: &JobId| match filter {
            FailedFilter::All => true,
            FailedFilter::Lane(lane) => self.dead.get(id).is_some_and(|e| e.job.lane == *lane),
            FailedFilter::Ids(ids) => ids.contains(id),
        };
        self.dead_by_age().into_iter().filter(is_meant).collect()
    }

    /// Gives a job that is restored its key, unless another job holds it.
    fn take_key_again(&mut self, id: JobId, entry: &mut Entry) {
        let Some(key) = entry.job.key.as_ref().map(|key| key.name.clone()) else {
            return;
        };
        match self.holder(&key) {
            None => {
                // Its own hold is over, so its ttl has passed.
                self.keys.insert(key, Hold { holder: id, until: self.now });
            }
            Some(holder) if holder == id => {}
            Some(_) => entry.job.key = None,
        }
    }
}

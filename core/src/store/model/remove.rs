//! Removing jobs before they are done.

use crate::job::JobState;
use crate::store::model::state::{Entry, State};
use crate::token::JobId;

impl State {
    pub(super) fn cancel(&mut self, id: JobId) -> bool {
        if let Some(entry) = self.dead.get(&id).cloned() {
            self.free_key(id, &entry);
            self.forget_dead(id);
            return true;
        }
        self.remove(id) > 0
    }

    pub(super) fn purge(&mut self, lane: Option<&str>) -> u64 {
        let is_meant = |entry: &Entry| {
            entry.state != JobState::Leased && lane.is_none_or(|lane| lane == entry.job.lane)
        };
        let mut meant = Vec::new();
        for (id, entry) in &self.jobs {
            if is_meant(entry) {
                meant.push(*id);
            }
        }
        // One that went along with an earlier one is not there any more and counts once.
        meant.into_iter().map(|id| self.remove(id)).sum()
    }

    /// Removes a live job with the jobs blocked on it, and theirs; tells how many went.
    fn remove(&mut self, id: JobId) -> u64 {
        let Some(entry) = self.take_out(id) else {
            return 0;
        };
        self.free_key(id, &entry);
        1 + self.remove_blocked_on(id)
    }

    pub(super) fn remove_blocked_on(&mut self, parent: JobId) -> u64 {
        self.blocked_on(parent).into_iter().map(|child| self.remove(child)).sum()
    }

    /// Lists the jobs blocked on a job, by id.
    pub(super) fn blocked_on(&self, parent: JobId) -> Vec<JobId> {
        let is_blocked =
            |entry: &Entry| entry.state == JobState::Blocked && entry.job.after == Some(parent);
        self.jobs.iter().filter(|(_, entry)| is_blocked(entry)).map(|(id, _)| *id).collect()
    }

    /// Takes a live job out of its lane.
    pub(super) fn take_out(&mut self, id: JobId) -> Option<Entry> {
        let entry = self.jobs.remove(&id)?;
        let name = entry.job.lane.clone();
        if let Some(lane) = self.lanes.get_mut(&name) {
            lane.count(entry.state, -1);
            lane.ready.retain(|other| *other != id);
        }
        self.look_again(&name);
        Some(entry)
    }

    /// Lets the key of a job go at once, whatever its ttl.
    fn free_key(&mut self, id: JobId, entry: &Entry) {
        if let Some(key) = entry.key()
            && self.keys.get(key).is_some_and(|hold| hold.holder == id)
        {
            self.keys.remove(key);
        }
    }
}

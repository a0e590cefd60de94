//! Pushing, and the keys that only one job holds.

use crate::error::{Error, ErrorCode, Result};
use crate::job::{Due, JobState, NewJob, Pushed};
use crate::store::model::state::{End, Entry, Hold, State};
use crate::token::JobId;

impl State {
    pub(super) fn push(&mut self, jobs: Vec<NewJob>) -> Result<Vec<Pushed>> {
        self.all_or_nothing(|state| jobs.into_iter().map(|job| state.push_one(job)).collect())
    }

    fn push_one(&mut self, job: NewJob) -> Result<Pushed> {
        let holder = job.key.as_ref().and_then(|key| self.holder(&key.name));
        if let Some(id) = holder {
            return Ok(Pushed { id, is_new: false });
        }
        let blocked = self.is_blocked(job.after)?;
        self.check_room(&job.lane)?;

        let id = JobId(self.next_id);
        self.next_id += 1;
        self.sums.pushed += 1;
        if let Some(key) = &job.key {
            self.keys.insert(key.name.clone(), Hold { holder: id, until: self.now + key.ttl });
        }
        if let Some(rate) = job.rate {
            self.set_lane_rate(&job.lane, rate);
        }
        let due_at = match job.due {
            Due::Now => None,
            Due::In(delay) => Some(self.now + delay),
            Due::At(moment) => Some(moment),
        };
        let due_at = due_at.filter(|due| *due > self.now);
        self.lane_mut(&job.lane).count(JobState::Blocked, 1);
        let name = job.lane.clone();
        let entry = Entry {
            job,
            state: JobState::Blocked,
            tries: 0,
            lapses: 0,
            deliveries: 0,
            pushed_at: self.now,
            due_at,
            lease_until: None,
            died_at: None,
            error: None,
        };
        self.jobs.insert(id, entry);
        if blocked {
            self.look_again(&name);
        } else {
            self.unblock(id);
        }
        Ok(Pushed { id, is_new: true })
    }

    /// Puts a blocked job to the back of its lane, or delays it if its time has not come.
    pub(super) fn unblock(&mut self, id: JobId) {
        match self.jobs.get(&id).and_then(|entry| entry.due_at) {
            Some(due_at) if due_at > self.now => self.make_delayed(id, due_at),
            _ => self.make_ready(id, End::Back),
        }
    }

    fn is_blocked(&self, after: Option<JobId>) -> Result<bool> {
        let Some(parent) = after else {
            return Ok(false);
        };
        if parent.0 == 0 || parent.0 >= self.next_id {
            return Err(parent.never_pushed());
        }
        Ok(self.jobs.contains_key(&parent) || self.dead.contains_key(&parent))
    }

    fn check_room(&self, name: &str) -> Result<()> {
        let in_lane = self.lanes.get(name).map_or(0, |lane| lane.counts.waiting());
        let lane_max = self.lanes.get(name).map_or(0, |lane| lane.limits.max_waiting);
        let in_queue = self.lanes.values().map(|lane| lane.counts.waiting()).sum();
        check_room(&format!("lane {name:?}"), in_lane, lane_max)?;
        check_room("queue", in_queue, self.limits.max_waiting)
    }

    pub(super) fn bump_keys(&mut self) {
        self.keys.clear();
        for entry in self.jobs.values_mut().chain(self.dead.values_mut()) {
            entry.job.key = None;
        }
    }
}

fn check_room(what: &str, waiting: i64, max_waiting: i64) -> Result<()> {
    if max_waiting > 0 && waiting >= max_waiting {
        let message =
            format!("{what} is full: {waiting} jobs are waiting and max_waiting is {max_waiting}");
        return Err(Error::new(ErrorCode::QueueFull, message));
    }
    Ok(())
}

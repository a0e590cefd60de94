//! Pushing.

use std::collections::{HashMap, HashSet};

use crate::clock::Millis;
use crate::error::{Error, ErrorCode};
use crate::job::{Due, NewJob, Pushed};
use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::{BLOCKED, DELAYED, HeldKey, JobRow, READY, is_large};
use crate::store::sqlite::queue_row::number_of;
use crate::store::sqlite::step::Step;
use crate::token::JobId;

impl Call<'_> {
    /// Pushes all the jobs, or none.
    pub(super) fn push(&mut self, jobs: &[NewJob]) -> Step<Vec<Pushed>> {
        self.check_push(jobs)?;
        jobs.iter().map(|job| self.push_one(job)).collect()
    }

    /// Finds every reason to refuse a push before anything is changed.
    fn check_push(&mut self, jobs: &[NewJob]) -> Step<()> {
        let is_plain = |job: &NewJob| job.key.is_none() && job.after.is_none();
        let mut keys = HashSet::new();
        let mut entering: HashMap<&str, i64> = HashMap::new();
        let mut new_jobs = 0;
        for job in jobs {
            if !is_plain(job) {
                if let Some(key) = &job.key
                    && (!keys.insert(&key.name) || self.key_holder(&key.name)?.is_some())
                {
                    continue;
                }
                self.check_parent(job.after, new_jobs)?;
            }
            let entering = entering.entry(&job.lane).or_default();
            self.check_room(&job.lane, *entering, new_jobs)?;
            *entering += 1;
            new_jobs += 1;
        }
        Ok(())
    }

    fn check_parent(&self, after: Option<JobId>, new_jobs: i64) -> Step<()> {
        match after {
            Some(parent) if parent.0 == 0 || parent.0 as i64 >= self.queue.next_job + new_jobs => {
                Err(Error::invalid(format!("after names job {parent}, which was never pushed"))
                    .into())
            }
            _ => Ok(()),
        }
    }

    /// Refuses one more job if the lane or the queue is full; so many are about to enter before it.
    fn check_room(&mut self, lane: &str, entering: i64, new_jobs: i64) -> Step<()> {
        if let Some(lane) = self.take_named(lane)? {
            let waiting = lane.counts.waiting() + entering;
            // A lane with such a limit is never gone.
            let most = lane.gate.limits.max_waiting;
            let is_full = most > 0 && waiting >= most;
            let name = is_full.then(|| format!("lane {:?}", lane.name));
            self.put_untouched(lane);
            if let Some(name) = name {
                return Err(full(&name, waiting, most).into());
            }
        }
        let waiting = self.queue.counts.waiting() + new_jobs;
        let most = self.queue.gate.limits.max_waiting;
        if most > 0 && waiting >= most {
            return Err(full("queue", waiting, most).into());
        }
        Ok(())
    }

    fn push_one(&mut self, new: &NewJob) -> Step<Pushed> {
        if let Some(key) = &new.key
            && let Some(holder) = self.key_holder(&key.name)?
        {
            return Ok(Pushed { id: JobId(number_of(holder)), is_new: false });
        }
        let mut lane = self.take_or_make(&new.lane)?;
        if let Some(rate) = new.rate
            && rate != lane.gate.limits.rate
        {
            self.touch();
            self.set_rate(lane.id, &mut lane.gate, rate)?;
        }
        let id = self.queue.row_of(self.queue.next_job);
        let parent = new.after.map(|parent| self.queue.row_of(parent.0 as i64));
        let due_at = self.due_at(new.due);
        let state = match (parent, due_at) {
            (Some(parent), _) if self.is_unfinished(parent)? => BLOCKED,
            (_, Some(_)) => DELAYED,
            _ => READY,
        };
        let key = new.key.as_ref().map(|key| HeldKey {
            name: key.name.clone(),
            generation: self.queue.key_generation,
            until: self.now + key.ttl,
        });
        if let Some(key) = &key {
            self.hold_key(&key.name, id, key.until)?;
        }
        let job = JobRow {
            id,
            lane: lane.id,
            state,
            priority: new.priority,
            position: lane.next,
            cost: new.cost,
            tries: 0,
            max_tries: new.max_tries,
            deliveries: 0,
            lapses: 0,
            pushed_at: self.now,
            due_at,
            key,
            after: parent,
            backoff: new.backoff,
            error: None,
            is_large: is_large(new.payload.len()),
        };
        self.queue.next_job += 1;
        // The lane is ready anyway, unless its rate does not admit a job that goes before the others.
        let is_plain = state == READY && job.key.is_none() && job.after.is_none();
        if is_plain && lane.turn.is_some() && lane.gate.limits.rate.is_unlimited() {
            job.insert_plain(self.sql, &new.payload)?;
            self.place(&job)?;
            self.count_plain_push(&mut lane);
            self.put_counted(lane);
            return Ok(Pushed { id: JobId(number_of(id)), is_new: true });
        }
        job.insert(self.sql, &new.payload)?;
        match state {
            READY => {
                self.enter_ready(&job)?;
                lane.next += 1;
                lane.counts.ready += 1;
            }
            DELAYED => {
                self.enter_delayed(id, due_at.unwrap_or(self.now))?;
                lane.counts.delayed += 1;
            }
            _ => {
                self.queue.counts.blocked += 1;
                lane.counts.blocked += 1;
            }
        }
        self.queue.pushed += 1;
        self.put(lane)?;
        Ok(Pushed { id: JobId(number_of(id)), is_new: true })
    }

    fn due_at(&self, due: Due) -> Option<Millis> {
        let due_at = match due {
            Due::Now => return None,
            Due::In(delay) => self.now + delay,
            Due::At(moment) => moment,
        };
        (due_at > self.now).then_some(due_at)
    }

    /// Tells whether a job is queued, running or dead.
    fn is_unfinished(&self, id: i64) -> Step<bool> {
        let is_live =
            self.sql.prepare_cached("SELECT 1 FROM fairlane_job WHERE id = ?1")?.exists([id])?;
        Ok(is_live || self.is_dead(id)?)
    }
}

fn full(what: &str, waiting: i64, most: i64) -> Error {
    Error::new(
        ErrorCode::QueueFull,
        format!("{what} is full: {waiting} jobs are waiting and max_waiting is {most}"),
    )
}

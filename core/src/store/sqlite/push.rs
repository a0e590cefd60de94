//! Pushing.

use std::collections::{HashMap, HashSet};

use crate::clock::Millis;
use crate::error::{Error, ErrorCode};
use crate::job::{Due, MAX_PRIORITY, NewJob, Pushed};
use crate::limits::Rate;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::{BLOCKED, DELAYED, HeldKey, JobRow, READY, is_large};
use crate::store::sqlite::plain_rows::PlainRows;
use crate::store::sqlite::queue_row::number_of;
use crate::store::sqlite::step::Step;
use crate::token::JobId;

impl Call<'_> {
    /// Pushes all the jobs, or none.
    pub(super) fn push(&mut self, jobs: &[NewJob]) -> Step<Vec<Pushed>> {
        self.check_push(jobs)?;
        let mut pushed = Vec::with_capacity(jobs.len());
        while pushed.len() < jobs.len() {
            let rest = &jobs[pushed.len()..];
            if self.push_plain(rest, &mut pushed)? == 0 {
                pushed.push(self.push_one(&rest[0])?);
            }
        }
        Ok(pushed)
    }

    /// Finds every reason to refuse a push before anything is changed.
    fn check_push(&mut self, jobs: &[NewJob]) -> Step<()> {
        let mut keys = HashSet::new();
        let mut entering: HashMap<&str, i64> = HashMap::new();
        let mut new_jobs = 0;
        let mut runs = jobs.chunk_by(|one, next| one.lane == next.lane).peekable();
        while let Some(run) = runs.next() {
            let lane = run[0].lane.as_str();
            let mut here = entering.get(lane).copied().unwrap_or(0);
            let room = self.room(lane)?;
            for job in run {
                if let Some(key) = &job.key
                    && (!keys.insert(&key.name) || self.key_holder(&key.name)?.is_some())
                {
                    continue;
                }
                self.check_parent(job.after, new_jobs)?;
                room.check(lane, here, new_jobs)?;
                here += 1;
                new_jobs += 1;
            }
            if runs.peek().is_some() {
                entering.insert(lane, here);
            }
        }
        Ok(())
    }

    fn check_parent(&self, after: Option<JobId>, new_jobs: i64) -> Step<()> {
        match after {
            Some(parent) if parent.0 == 0 || parent.0 as i64 >= self.queue.next_job + new_jobs => {
                Err(parent.never_pushed().into())
            }
            _ => Ok(()),
        }
    }

    /// Finds out how full a lane and the queue are.
    fn room(&mut self, lane: &str) -> Step<Room> {
        let mut room = Room {
            lane: (0, 0),
            queue: (self.queue.counts.waiting(), self.queue.gate.limits.max_waiting),
        };
        if let Some(lane) = self.take_named(lane)? {
            room.lane = (lane.counts.waiting(), lane.gate.limits.max_waiting);
            self.put_untouched(lane);
        }
        Ok(room)
    }

    /// Pushes the plain jobs at the head of `jobs` that go into one ready lane; tells how many.
    ///
    /// Such a push changes nothing but counts: see [`super::books`] for what is written when. The
    /// lane must have no rate, which might not admit a job that goes before the others.
    fn push_plain(&mut self, jobs: &[NewJob], pushed: &mut Vec<Pushed>) -> Step<usize> {
        let mut lane = match self.take_named(&jobs[0].lane)? {
            Some(lane) if lane.turn.is_some() && lane.gate.limits.rate.is_unlimited() => lane,
            Some(lane) => {
                self.put_untouched(lane);
                return Ok(0);
            }
            None => return Ok(0),
        };
        let is_plain = |job: &NewJob| {
            job.key.is_none()
                && job.after.is_none()
                && job.rate.is_none_or(Rate::is_unlimited)
                && self.due_at(job.due).is_none()
                && job.lane == lane.name
        };
        let count = jobs.iter().take_while(|job| is_plain(job)).count();
        let first = PlainRows {
            id: self.queue.row_of(self.queue.next_job),
            lane: lane.id,
            position: lane.next,
            pushed_at: self.now,
        };
        first.insert(self.sql, &jobs[..count])?;
        for job in &jobs[..count] {
            let number = self.queue.next_job;
            pushed.push(Pushed { id: JobId(number as u64), is_new: true });
            self.queue.next_job += 1;
            self.count_push(&mut lane, MAX_PRIORITY - job.priority, self.queue.row_of(number));
        }
        self.entered += count;
        if count > 0 {
            self.put_counted(lane);
        } else {
            self.put_untouched(lane);
        }
        Ok(count)
    }

    pub(super) fn push_one(&mut self, new: &NewJob) -> Step<Pushed> {
        if let Some(key) = &new.key
            && let Some(holder) = self.key_holder(&key.name)?
        {
            return Ok(Pushed { id: JobId(number_of(holder)), is_new: false });
        }
        self.book()?;
        let mut lane = self.take_or_make(&new.lane)?;
        if let Some(rate) = new.rate {
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
            headers: new.headers.clone(),
            is_large: is_large(new.payload.len()),
        };
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
        self.queue.next_job += 1;
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

/// How full a lane and the queue are: jobs waiting, and the most that may wait, 0 for no limit.
struct Room {
    lane: (i64, i64),
    queue: (i64, i64),
}

impl Room {
    /// Refuses one more job, when so many are about to enter the lane and the queue before it.
    fn check(&self, lane: &str, entering_lane: i64, entering_queue: i64) -> Result<(), Error> {
        let full = |what: &str, (waiting, most): (i64, i64), entering: i64| {
            let waiting = waiting + entering;
            if most == 0 || waiting < most {
                return Ok(());
            }
            Err(Error::new(
                ErrorCode::QueueFull,
                format!("{what} is full: {waiting} jobs are waiting and max_waiting is {most}"),
            ))
        };
        if self.lane.1 > 0 {
            full(&format!("lane {lane:?}"), self.lane, entering_lane)?;
        }
        full("queue", self.queue, entering_queue)
    }
}

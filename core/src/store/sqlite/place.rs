//! Where a live job stands: ready, delayed, or blocked on another.

use crate::clock::Millis;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::{BLOCKED, DELAYED, JobRow, READY};
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::run::{Run, leave_order};
use crate::store::sqlite::step::Step;

impl Call<'_> {
    /// Puts a job at the end of its priority in its lane.
    pub(super) fn put_back(&mut self, mut job: JobRow, mut lane: Lane) -> Step<()> {
        job.position = lane.next;
        lane.next += 1;
        self.put_ready(job, lane)
    }

    /// Puts a job before all others of its priority in its lane.
    pub(super) fn put_front(&mut self, mut job: JobRow, mut lane: Lane) -> Step<()> {
        lane.first -= 1;
        job.position = lane.first;
        self.put_ready(job, lane)
    }

    fn put_ready(&mut self, mut job: JobRow, mut lane: Lane) -> Step<()> {
        job.state = READY;
        job.due_at = None;
        job.save(self.sql)?;
        self.enter_ready(&job)?;
        lane.counts.ready += 1;
        self.put(lane)
    }

    /// Enters a job into the ready order; its lane's count is the caller's to raise.
    pub(super) fn enter_ready(&mut self, job: &JobRow) -> Step<()> {
        debug_assert!(self.journal.is_empty(), "popped jobs must have left before others enter");
        self.touch();
        self.ahead.forget(job.lane);
        self.queue.counts.ready += 1;
        self.entered += 1;
        let (lane, rank, position) = (job.lane, job.rank(), job.position);
        Run { lane, rank, position, first: job.id, last: job.id }.insert(self.sql)
    }

    /// Enters a job among the delayed; its lane's count is the caller's to raise.
    pub(super) fn enter_delayed(&mut self, job: i64, due_at: Millis) -> Step<()> {
        self.touch();
        self.queue.counts.delayed += 1;
        self.queue.due = self.queue.due.min(due_at);
        self.sql
            .prepare_cached(
                "INSERT INTO fairlane_delayed (queue, due_at, job) VALUES (?1, ?2, ?3)",
            )?
            .execute([self.queue.id, due_at, job])?;
        Ok(())
    }

    /// Delays a job that is in no order now.
    pub(super) fn put_delayed(
        &mut self,
        mut job: JobRow,
        mut lane: Lane,
        due_at: Millis,
    ) -> Step<()> {
        job.state = DELAYED;
        job.due_at = Some(due_at);
        job.save(self.sql)?;
        self.enter_delayed(job.id, due_at)?;
        lane.counts.delayed += 1;
        self.put(lane)
    }

    /// Takes a waiting job out of whatever order it stands in, with its counts.
    pub(super) fn leave(&mut self, job: &JobRow) -> Step<()> {
        self.touch();
        let Some(mut lane) = self.take(job.lane)? else { return Ok(()) };
        match job.state {
            READY => {
                self.leave_ready([job.lane, job.rank(), job.position])?;
                lane.counts.ready -= 1;
            }
            DELAYED => {
                self.sql
                    .prepare_cached(
                        "DELETE FROM fairlane_delayed WHERE queue = ?1 AND due_at = ?2 AND job = ?3",
                    )?
                    .execute([self.queue.id, job.due_at.unwrap_or_default(), job.id])?;
                self.queue.counts.delayed -= 1;
                lane.counts.delayed -= 1;
            }
            _ => {
                self.queue.counts.blocked -= 1;
                lane.counts.blocked -= 1;
            }
        }
        self.put(lane)
    }

    /// Takes a job out of the ready order: the lane, the rank and the position of its place. The
    /// lane's count is the caller's to lower.
    pub(super) fn leave_ready(&mut self, place: [i64; 3]) -> Step<()> {
        let [lane, rank, position] = place;
        self.ahead.forget(lane);
        self.queue.counts.ready -= 1;
        leave_order(self.sql, [lane, rank], [position, position])
    }

    /// Lists the jobs blocked on a job, by id.
    pub(super) fn blocked_on(&self, parent: i64) -> Step<Vec<i64>> {
        if self.queue.counts.blocked == 0 {
            return Ok(Vec::new());
        }
        let children = self
            .sql
            .prepare_cached(
                "SELECT id FROM fairlane_job WHERE after = ?1 AND state = 2 ORDER BY id",
            )?
            .query_map([parent], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(children)
    }

    /// Lets the jobs go that were blocked on a job that has completed.
    pub(super) fn unblock(&mut self, parent: i64) -> Step<()> {
        for id in self.blocked_on(parent)? {
            let child = match JobRow::load(self.sql, id)? {
                Ok(child) => child,
                Err(damage) => {
                    self.drop_damaged_blocked(id, &damage)?;
                    continue;
                }
            };
            let Some(mut lane) = self.take(child.lane)? else {
                self.queue.counts.blocked -= 1;
                self.quarantine(id, None, "its lane is missing")?;
                continue;
            };
            self.queue.counts.blocked -= 1;
            lane.counts.blocked -= 1;
            match child.due_at {
                Some(due_at) if due_at > self.now => self.put_delayed(child, lane, due_at)?,
                _ => self.put_back(child, lane)?,
            }
        }
        Ok(())
    }

    /// Removes the jobs blocked on a job that is gone without having completed, and those blocked
    /// on them; tells how many.
    pub(super) fn remove_blocked_on(&mut self, parent: i64) -> Step<u64> {
        let mut removed = 0;
        let mut gone = vec![parent];
        while let Some(parent) = gone.pop() {
            for id in self.blocked_on(parent)? {
                match JobRow::load(self.sql, id)? {
                    Ok(child) => self.discard(&child)?,
                    Err(damage) => self.drop_damaged_blocked(id, &damage)?,
                }
                removed += 1;
                gone.push(id);
            }
        }
        Ok(removed)
    }

    /// Removes a waiting job, and lets its key go.
    pub(super) fn discard(&mut self, job: &JobRow) -> Step<()> {
        self.leave(job)?;
        self.let_key_go(job)?;
        self.note_end(job.id)?;
        job.delete(self.sql)
    }

    fn drop_damaged_blocked(&mut self, id: i64, damage: &str) -> Step<()> {
        self.queue.counts.blocked -= 1;
        let mut lane = self.lane_of_damaged(id)?;
        if let Some(lane) = &mut lane {
            lane.counts.blocked -= 1;
        }
        self.quarantine(id, lane, damage)
    }

    /// Tells whether a job of that state waits for another.
    pub(super) fn is_blocked(job: &JobRow) -> bool {
        job.state == BLOCKED
    }
}

//! Removing: cancel, purge, and lanes that are gone.

use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::JobRow;
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::step::Step;

impl Call<'_> {
    /// Removes a job in whatever state, with those blocked on it.
    pub(super) fn cancel(&mut self, id: i64) -> Step<bool> {
        let lease = self.lease(id)?;
        let Ok(job) = JobRow::load(self.sql, id)? else { return self.cancel_dead(id) };
        match lease {
            Some(lease) => {
                let Some(lane) = self.end_lease(&lease)? else { return Ok(true) };
                self.put(lane)?;
                self.let_key_go(&job)?;
                self.note_end(id)?;
                job.delete(self.sql)?;
            }
            None => self.discard(&job)?,
        }
        self.remove_blocked_on(id)?;
        Ok(true)
    }

    /// Removes the waiting jobs of a lane, or of the whole queue, with those blocked on them.
    pub(super) fn purge(&mut self, lane: Option<&str>) -> Step<u64> {
        let lane = match lane {
            None => None,
            Some(name) => match self.take_named(name)? {
                None => return Ok(0),
                Some(lane) => {
                    let id = lane.id;
                    self.put_untouched(lane);
                    Some(id)
                }
            },
        };
        let (first, last) = self.queue.job_range();
        let waiting = self
            .sql
            .prepare_cached(
                "SELECT id FROM fairlane_job WHERE id BETWEEN ?1 AND ?2
                 AND (?3 IS NULL OR lane = ?3)
                 AND NOT EXISTS (SELECT 1 FROM fairlane_place
                    WHERE lane = fairlane_job.lane AND rank = -1 AND position = fairlane_job.id)",
            )?
            .query_map(rusqlite::params![first, last, lane], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        let mut removed = 0;
        for id in waiting {
            // One that was blocked on an earlier one went with it.
            if let Ok(job) = JobRow::load(self.sql, id)? {
                self.discard(&job)?;
                removed += 1 + self.remove_blocked_on(id)?;
            }
        }
        Ok(removed)
    }

    /// Looks at the next `count` lanes by id and deletes the rows of those that are gone. Called for
    /// each lane that is made, so that rows of gone lanes cannot pile up.
    pub(super) fn collect_gone_lanes(&mut self, count: i64) -> Step<()> {
        let (from, queue) = (self.queue.lane_cursor, self.queue.id);
        // Lanes of other queues are passed over here and not by a condition: SQLite would go through
        // the queue's index by name and sort, at a price that grows with the number of lanes.
        let rows = self
            .sql
            .prepare_cached(
                "SELECT id, queue = ?2 FROM fairlane_lane WHERE id > ?1 ORDER BY id LIMIT ?3",
            )?
            .query_map([from, queue, count], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(i64, bool)>>>()?;
        self.queue.lane_cursor = rows.last().map_or(0, |(id, _)| *id);
        self.touch();
        for (id, is_own) in rows {
            if is_own && let Some(lane) = self.take(id)? {
                self.delete_if_gone(lane)?;
            }
        }
        Ok(())
    }

    fn delete_if_gone(&mut self, mut lane: Lane) -> Step<()> {
        if lane.touched_by == self.serial() || !lane.is_bare(self.now) {
            self.put_untouched(lane);
            return Ok(());
        }
        if !self.is_gone(&mut lane)? {
            self.put_as_it_is(lane);
            return Ok(());
        }
        self.forget(&lane);
        self.sql.prepare_cached("DELETE FROM fairlane_lane WHERE id = ?1")?.execute([lane.id])?;
        Ok(())
    }

    /// Keeps house: forgets lanes that are gone, and keys, holds and results whose time is over, a
    /// chunk at a time.
    pub(super) fn keep_house(&mut self) -> Step<()> {
        const CHUNK: i64 = 256;
        self.collect_gone_lanes(CHUNK)?;
        self.forget_ended_keys(CHUNK)?;
        self.forget_ended_holds(CHUNK)?;
        self.forget_ended_results(CHUNK)?;
        Ok(())
    }
}

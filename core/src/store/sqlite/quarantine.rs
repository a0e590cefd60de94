//! Rows that cannot be used: set aside, counted, reported, so that the rest still runs.

use rusqlite::{OptionalExtension, params};

use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::delete_job;
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::queue_row::number_of;
use crate::store::sqlite::step::Step;

impl Call<'_> {
    /// Sets a damaged job aside. It stands in no order any more; `lane`, if it is known, has been
    /// counted down and is put back here.
    pub(super) fn quarantine(&mut self, id: i64, lane: Option<Lane>, damage: &str) -> Step<()> {
        log::error!("job {} is damaged and was set aside: {damage}", number_of(id));
        self.touch();
        self.queue.quarantined += 1;
        let kept = self.sql.execute(
            "INSERT INTO fairlane_quarantine (job, queue, found_at, reason, row, payload)
             SELECT id, ?2, ?3, ?4, json_object('lane', lane, 'state', state, 'priority', priority,
                'cost', cost, 'tries', tries, 'max_tries', max_tries, 'pushed_at', pushed_at,
                'due_at', due_at, 'key', key, 'after', after, 'backoff', backoff, 'error', error,
                'headers', headers),
                ifnull(payload, (SELECT payload FROM fairlane_payload WHERE job = ?1))
             FROM fairlane_job WHERE id = ?1",
            params![id, self.queue.id, self.now, damage],
        )?;
        if kept == 0 {
            self.sql.execute(
                "INSERT INTO fairlane_quarantine (job, queue, found_at, reason)
                 VALUES (?1, ?2, ?3, ?4)",
                params![id, self.queue.id, self.now, damage],
            )?;
        }
        self.sql.execute(
            "DELETE FROM fairlane_key WHERE queue = ?1 AND generation = ?2 AND job = ?3",
            params![self.queue.id, self.queue.key_generation, id],
        )?;
        delete_job(self.sql, id, true)?;
        self.note_end(id)?;
        match lane {
            Some(lane) => self.put(lane),
            None => Ok(()),
        }
    }

    /// Keeps what can be read of a damaged dead job; it is the caller's to forget.
    pub(super) fn quarantine_dead(&mut self, id: i64, damage: &str) -> Step<()> {
        log::error!("dead job {} is damaged and was set aside: {damage}", number_of(id));
        self.touch();
        self.queue.quarantined += 1;
        self.sql.execute(
            "INSERT INTO fairlane_quarantine (job, queue, found_at, reason, row, payload)
             SELECT id, queue, ?2, ?3, json_object('lane', lane, 'priority', priority, 'cost', cost,
                'tries', tries, 'max_tries', max_tries, 'pushed_at', pushed_at, 'died_at', died_at,
                'key', key, 'after', after, 'backoff', backoff, 'error', error,
                'headers', headers), payload
             FROM fairlane_dead WHERE id = ?1",
            params![id, self.now, damage],
        )?;
        Ok(())
    }

    /// Takes the lane of a damaged job, as far as the row still tells it.
    pub(super) fn lane_of_damaged(&mut self, id: i64) -> Step<Option<Lane>> {
        let lane: Option<i64> = self
            .sql
            .query_row("SELECT lane FROM fairlane_job WHERE id = ?1", [id], |row| row.get(0))
            .optional()?;
        lane.map_or(Ok(None), |lane| self.take(lane))
    }

    /// Counts the delayed jobs of every lane again: a row that is missing does not tell its lane.
    pub(super) fn recount_delayed(&mut self) -> Step<()> {
        self.flush()?;
        let (first, last) = self.queue.job_range();
        self.sql.execute(
            "UPDATE fairlane_lane SET delayed =
                (SELECT count(*) FROM fairlane_job
                 WHERE id BETWEEN ?1 AND ?2 AND lane = fairlane_lane.id AND state = 1)
             WHERE queue = ?3 AND delayed > 0",
            params![first, last, self.queue.id],
        )?;
        self.forget_all();
        Ok(())
    }
}

//! Keys: at most one job holds each.

use rusqlite::{OptionalExtension, params};

use crate::clock::Millis;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::{HeldKey, JobRow};
use crate::store::sqlite::step::Step;

impl Call<'_> {
    /// Finds the job that holds a key.
    pub(super) fn key_holder(&self, name: &str) -> Step<Option<i64>> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT job FROM fairlane_key WHERE queue = ?1 AND generation = ?2 AND name = ?3
                 AND (live = 1 OR held_until > ?4)",
            )?
            .query_row(params![self.queue.id, self.queue.key_generation, name, self.now], |row| {
                row.get(0)
            })
            .optional()?)
    }

    /// Gives a free key to a job. A few keys whose time is over go, so that they never pile up.
    pub(super) fn hold_key(&mut self, name: &str, job: i64, until: Millis) -> Step<()> {
        self.touch();
        self.sql
            .prepare_cached(
                "INSERT OR REPLACE INTO fairlane_key
                 (queue, generation, name, job, held_until, live) VALUES (?1, ?2, ?3, ?4, ?5, 1)",
            )?
            .execute(params![self.queue.id, self.queue.key_generation, name, job, until])?;
        self.forget_ended_keys(2)?;
        Ok(())
    }

    /// Ends what a job holds when the job ends: its key stays taken until its time is over.
    ///
    /// Only a row that names this job in the present generation is touched, so that nobody frees
    /// the key of another job, or of a job pushed after a bump.
    pub(super) fn end_key(&mut self, job: &JobRow) -> Step<()> {
        match &job.key {
            Some(key) if key.until > self.now => self.change_key(
                key,
                job.id,
                "UPDATE fairlane_key SET live = 0
                 WHERE queue = ?1 AND generation = ?2 AND name = ?3 AND job = ?4",
            ),
            _ => self.let_key_go(job),
        }
    }

    /// Frees a job's key at once.
    pub(super) fn let_key_go(&mut self, job: &JobRow) -> Step<()> {
        let Some(key) = &job.key else { return Ok(()) };
        self.change_key(
            key,
            job.id,
            "DELETE FROM fairlane_key
             WHERE queue = ?1 AND generation = ?2 AND name = ?3 AND job = ?4",
        )
    }

    fn change_key(&mut self, key: &HeldKey, job: i64, text: &str) -> Step<()> {
        self.touch();
        self.sql.prepare_cached(text)?.execute(params![
            self.queue.id,
            self.queue.key_generation,
            key.name,
            job
        ])?;
        Ok(())
    }

    /// Frees all keys: those of earlier generations mean nothing any more.
    pub(super) fn bump_keys(&mut self) -> Step<()> {
        self.touch();
        self.queue.key_generation += 1;
        Ok(())
    }

    /// Forgets up to `count` keys whose job and time are over, and as many of earlier generations.
    pub(super) fn forget_ended_keys(&self, count: i64) -> Step<usize> {
        let ended = self
            .sql
            .prepare_cached(
                "DELETE FROM fairlane_key WHERE (queue, generation, name) IN
                 (SELECT queue, generation, name FROM fairlane_key
                  WHERE queue = ?1 AND live = 0 AND held_until <= ?2 LIMIT ?3)",
            )?
            .execute([self.queue.id, self.now, count])?;
        let bumped = self
            .sql
            .prepare_cached(
                "DELETE FROM fairlane_key WHERE (queue, generation, name) IN
                 (SELECT queue, generation, name FROM fairlane_key
                  WHERE queue = ?1 AND generation < ?2 LIMIT ?3)",
            )?
            .execute([self.queue.id, self.queue.key_generation, count])?;
        Ok(ended + bumped)
    }
}

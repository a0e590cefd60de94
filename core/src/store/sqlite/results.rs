//! Results of completed jobs.

use rusqlite::{OptionalExtension, params};

use crate::clock::Millis;
use crate::job_result::JobResult;
use crate::store::Fate;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::queue_row::number_of;
use crate::store::sqlite::step::Step;
use crate::token::JobId;

impl Call<'_> {
    /// Keeps the result of a job that is complete. A few whose time is over go, so that they never
    /// pile up.
    pub(super) fn keep_result(&mut self, job: i64, result: &JobResult) -> Step<()> {
        self.touch();
        self.sql
            .prepare_cached(
                "INSERT OR REPLACE INTO fairlane_result (job, queue, kept_until, value)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![job, self.queue.id, self.now + result.ttl, result.value])?;
        self.forget_ended_results(2)
    }

    /// Forgets up to `count` results whose time is over.
    pub(super) fn forget_ended_results(&mut self, count: i64) -> Step<()> {
        self.sql
            .prepare_cached(
                "DELETE FROM fairlane_result WHERE job IN (SELECT job FROM fairlane_result
                 WHERE queue = ?1 AND kept_until <= ?2 LIMIT ?3)",
            )?
            .execute([self.queue.id, self.now, count])?;
        Ok(())
    }

    /// Tells what has become of a job; its result is looked at by that moment.
    pub(super) fn fate(&self, job: i64, now: Millis) -> Step<Fate> {
        let number = number_of(job);
        if number == 0 || number as i64 >= self.queue.next_job {
            return Err(JobId(number).unknown().into());
        }
        if self.sql.prepare_cached("SELECT 1 FROM fairlane_job WHERE id = ?1")?.exists([job])? {
            return Ok(Fate::Open);
        }
        let error = self
            .sql
            .prepare_cached("SELECT error FROM fairlane_dead WHERE id = ?1")?
            .query_row([job], |row| row.get::<_, Option<String>>(0))
            .optional()?;
        if let Some(error) = error {
            return Ok(Fate::Dead(error.unwrap_or_default()));
        }
        let value = self
            .sql
            .prepare_cached("SELECT value FROM fairlane_result WHERE job = ?1 AND kept_until > ?2")?
            .query_row([job, now.max(self.queue.clock)], |row| row.get(0))
            .optional()?;
        Ok(value.map_or(Fate::Gone, Fate::Kept))
    }

    /// Lists the results that are kept, for a dump.
    pub(super) fn results_kept(&self) -> Step<Vec<(JobId, Vec<u8>, Millis)>> {
        let (first, last) = self.queue.job_range();
        let kept = self
            .sql
            .prepare_cached(
                "SELECT job, value, kept_until FROM fairlane_result
                 WHERE job BETWEEN ?1 AND ?2 AND kept_until > ?3 ORDER BY job",
            )?
            .query_map([first, last, self.now], |row| {
                Ok((JobId(number_of(row.get(0)?)), row.get(1)?, row.get(2)?))
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(kept)
    }
}

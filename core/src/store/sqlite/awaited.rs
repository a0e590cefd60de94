//! Jobs whose end somebody waits for.
//!
//! A row names a job and the process that waits. Who ends the job deletes the rows and, after the
//! commit, calls those processes: so the end of any other job costs nothing while nobody waits, and
//! one look while somebody does.

use std::collections::HashSet;

use crate::store::Fate;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::engine::NOBODY;
use crate::store::sqlite::step::Step;

/// A job that has ended and the process that waits for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Called {
    pub(super) job: i64,
    /// The incarnation of the process; nobody's in memory.
    pub(super) owner: i64,
}

impl Call<'_> {
    /// Tells what has become of a job; if it has not ended, its end calls this process.
    pub(super) fn await_end(&mut self, job: i64) -> Step<Fate> {
        let fate = self.fate(job, self.now)?;
        if fate == Fate::Open {
            let added = self
                .sql
                .prepare_cached(
                    "INSERT OR IGNORE INTO fairlane_awaited (job, owner) VALUES (?1, ?2)",
                )?
                .execute([job, self.owner])?;
            self.count_awaited(added as i64);
        }
        Ok(fate)
    }

    /// Waits no longer for the end of a job.
    pub(super) fn give_up_awaiting(&mut self, job: i64) -> Step<()> {
        let gone = self
            .sql
            .prepare_cached("DELETE FROM fairlane_awaited WHERE job = ?1 AND owner = ?2")?
            .execute([job, self.owner])?;
        self.count_awaited(-(gone as i64));
        Ok(())
    }

    /// Lists the jobs of the queue whose ends call a process.
    pub(super) fn awaited_by(&self, jobs: (i64, i64), owner: i64) -> Step<HashSet<i64>> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT job FROM fairlane_awaited WHERE job BETWEEN ?1 AND ?2 AND owner = ?3",
            )?
            .query_map([jobs.0, jobs.1, owner], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?)
    }

    /// Forgets what processes that have died waited for; `condition` says whose.
    pub(super) fn forget_who_waits(&mut self, condition: &str) -> Step<()> {
        let (first, last) = self.queue.job_range();
        let gone = self.sql.execute(
            &format!(
                "DELETE FROM fairlane_awaited WHERE job BETWEEN ?1 AND ?2 AND owner <> {NOBODY}
                 AND {condition}"
            ),
            [first, last],
        )?;
        self.count_awaited(-(gone as i64));
        Ok(())
    }

    /// Tells whether somebody waits for the end of a job.
    pub(super) fn is_awaited(&self, job: i64) -> Step<bool> {
        if self.queue.awaited <= 0 {
            return Ok(false);
        }
        Ok(self
            .sql
            .prepare_cached("SELECT 1 FROM fairlane_awaited WHERE job = ?1")?
            .exists([job])?)
    }

    /// Notes that a job has ended, in whatever way, so that those who wait for that are called.
    pub(super) fn note_end(&mut self, job: i64) -> Step<()> {
        if self.queue.awaited <= 0 {
            return Ok(());
        }
        let owners = self
            .sql
            .prepare_cached("DELETE FROM fairlane_awaited WHERE job = ?1 RETURNING owner")?
            .query_map([job], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        self.count_awaited(-(owners.len() as i64));
        self.called.extend(owners.into_iter().map(|owner| Called { job, owner }));
        Ok(())
    }

    fn count_awaited(&mut self, by: i64) {
        if by != 0 {
            self.touch();
            self.queue.awaited = (self.queue.awaited + by).max(0);
        }
    }
}

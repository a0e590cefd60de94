//! The archive of dead jobs.

use rusqlite::{OptionalExtension, Row, params};

use crate::job::{JobInfo, JobState};
use crate::store::FailedFilter;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::{
    HeldKey, JobRow, READY, decode_backoff, decode_headers, encode_backoff, encode_headers,
    is_large,
};
use crate::store::sqlite::queue_row::number_of;
use crate::store::sqlite::step::{Step, Stop, is_bad_value};
use crate::token::JobId;

/// A dead job as it is stored.
pub(super) struct DeadRow {
    job: JobRow,
    lane: String,
    died_at: i64,
    payload: Vec<u8>,
}

const COLUMNS: &str = "id, lane, priority, cost, tries, max_tries, deliveries, lapses, pushed_at, \
     key, key_generation, key_until, after, backoff, error, headers, died_at, payload";

impl DeadRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            job: JobRow {
                id: row.get(0)?,
                lane: 0,
                state: READY,
                priority: row.get(2)?,
                position: 0,
                cost: row.get(3)?,
                tries: row.get(4)?,
                max_tries: row.get(5)?,
                deliveries: row.get(6)?,
                lapses: row.get(7)?,
                pushed_at: row.get(8)?,
                due_at: None,
                key: HeldKey::read(row, 9)?,
                after: row.get(12)?,
                backoff: decode_backoff(row, 13)?,
                error: row.get(14)?,
                headers: decode_headers(row, 15)?,
                is_large: false,
            },
            lane: row.get(1)?,
            died_at: row.get(16)?,
            payload: row.get(17)?,
        })
    }

    pub(super) fn deliveries(&self) -> u64 {
        self.job.deliveries as u64
    }

    /// Shows the dead job.
    pub(super) fn info(self, generation: i64) -> JobInfo {
        JobInfo {
            state: JobState::Dead,
            died_at: Some(self.died_at),
            ..self.job.info(generation, self.lane, self.payload)
        }
    }
}

impl Call<'_> {
    /// Moves a job that stands in no order into the archive; its lane has been put back.
    pub(super) fn bury(&mut self, job: JobRow) -> Step<()> {
        self.touch();
        self.queue.died += 1;
        self.end_key(&job)?;
        self.note_end(job.id)?;
        if self.max_failed == 0 {
            job.delete(self.sql)?;
            self.remove_blocked_on(job.id)?;
            return Ok(());
        }
        let payload = match JobRow::load_whole(self.sql, job.id)? {
            Ok((_, payload)) => payload,
            Err(damage) => return self.quarantine(job.id, None, &damage),
        };
        let lane: String = self
            .sql
            .prepare_cached("SELECT name FROM fairlane_lane WHERE id = ?1")?
            .query_row([job.lane], |row| row.get(0))?;
        self.sql
            .prepare_cached(&format!(
                "INSERT INTO fairlane_dead ({COLUMNS}, queue) VALUES
                 (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
                 ?19)"
            ))?
            .execute(params![
                job.id,
                lane,
                job.priority,
                job.cost,
                job.tries,
                job.max_tries,
                job.deliveries,
                job.lapses,
                job.pushed_at,
                job.key.as_ref().map(|key| &key.name),
                job.key.as_ref().map(|key| key.generation),
                job.key.as_ref().map(|key| key.until),
                job.after,
                encode_backoff(job.backoff)?,
                job.error,
                encode_headers(&job.headers)?,
                self.now,
                payload,
                self.queue.id,
            ])?;
        job.delete(self.sql)?;
        self.queue.dead += 1;
        self.trim_archive()
    }

    /// Forgets the oldest dead jobs above the cap.
    fn trim_archive(&mut self) -> Step<()> {
        while self.queue.dead > i64::try_from(self.max_failed).unwrap_or(i64::MAX) {
            let oldest: i64 = self
                .sql
                .prepare_cached(
                    "SELECT id FROM fairlane_dead WHERE queue = ?1 ORDER BY died_at, id LIMIT 1",
                )?
                .query_row([self.queue.id], |row| row.get(0))?;
            self.forget_dead(oldest)?;
            self.remove_blocked_on(oldest)?;
        }
        Ok(())
    }

    fn forget_dead(&mut self, id: i64) -> Step<bool> {
        let forgotten =
            self.sql.prepare_cached("DELETE FROM fairlane_dead WHERE id = ?1")?.execute([id])?;
        self.queue.dead -= forgotten as i64;
        self.touch();
        Ok(forgotten > 0)
    }

    /// Finds a dead job.
    pub(super) fn dead(&self, id: i64) -> Step<Option<DeadRow>> {
        Ok(self
            .sql
            .prepare_cached(&format!("SELECT {COLUMNS} FROM fairlane_dead WHERE id = ?1"))?
            .query_row([id], DeadRow::read)
            .optional()?)
    }

    /// Tells whether a job is dead.
    pub(super) fn is_dead(&self, id: i64) -> Step<bool> {
        Ok(self.sql.prepare_cached("SELECT 1 FROM fairlane_dead WHERE id = ?1")?.exists([id])?)
    }

    /// Lists dead jobs, the latest first; damaged ones are passed over.
    pub(super) fn failed(&self, count: usize) -> Step<Vec<DeadRow>> {
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM fairlane_dead WHERE queue = ?1 ORDER BY died_at DESC, id DESC"
        ))?;
        let mut rows = statement.query([self.queue.id])?;
        let mut dead = Vec::new();
        while dead.len() < count {
            let Some(row) = rows.next()? else { break };
            match DeadRow::read(row) {
                Ok(row) => dead.push(row),
                Err(error) if is_bad_value(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(dead)
    }

    /// Lists the ids of the dead jobs that a filter names, in the order of their deaths.
    fn dead_ids(&self, filter: &FailedFilter) -> Step<Vec<i64>> {
        let mut statement = self.sql.prepare_cached(
            "SELECT id, lane FROM fairlane_dead WHERE queue = ?1 ORDER BY died_at, id",
        )?;
        let dead = statement
            // A name that cannot be read is nobody's.
            .query_map([self.queue.id], |row| Ok((row.get(0)?, row.get(1).unwrap_or_default())))?
            .collect::<rusqlite::Result<Vec<(i64, String)>>>()?;
        let is_named = |id: i64, lane: &str| match filter {
            FailedFilter::All => true,
            FailedFilter::Lane(name) => lane == name,
            FailedFilter::Ids(ids) => ids.contains(&JobId(number_of(id))),
        };
        let named = dead.into_iter().filter(|(id, lane)| is_named(*id, lane));
        Ok(named.map(|(id, _)| id).collect())
    }

    /// Puts dead jobs back into their lanes; damaged ones are set aside.
    pub(super) fn restore(&mut self, filter: &FailedFilter) -> Step<u64> {
        let ids = self.dead_ids(filter)?;
        let mut restored = 0;
        for id in &ids {
            let dead = match self.dead(*id) {
                Ok(Some(dead)) => dead,
                Ok(None) => continue,
                Err(Stop::Broken(error)) if is_bad_value(&error) => {
                    self.quarantine_dead(*id, &error.to_string())?;
                    self.forget_dead(*id)?;
                    continue;
                }
                Err(stop) => return Err(stop),
            };
            restored += 1;
            self.forget_dead(*id)?;
            let mut lane = self.take_or_make(&dead.lane)?;
            let mut job = JobRow {
                lane: lane.id,
                tries: 0,
                position: lane.next,
                is_large: is_large(dead.payload.len()),
                ..dead.job
            };
            if let Some(key) = job.key.take()
                && key.generation == self.queue.key_generation
                && self.key_holder(&key.name)?.is_none_or(|holder| holder == *id)
            {
                self.hold_key(&key.name, *id, key.until)?;
                job.key = Some(key);
            }
            job.insert(self.sql, &dead.payload)?;
            lane.next += 1;
            lane.counts.ready += 1;
            self.enter_ready(&job)?;
            self.put(lane)?;
        }
        Ok(restored)
    }

    /// Forgets dead jobs, and the jobs blocked on them.
    pub(super) fn clean(&mut self, filter: &FailedFilter) -> Step<u64> {
        let ids = self.dead_ids(filter)?;
        for id in &ids {
            self.forget_dead(*id)?;
            self.remove_blocked_on(*id)?;
        }
        Ok(ids.len() as u64)
    }

    /// Forgets one dead job for good, with its key and the jobs blocked on it.
    pub(super) fn cancel_dead(&mut self, id: i64) -> Step<bool> {
        let Some(dead) = self.dead(id)? else { return Ok(false) };
        self.forget_dead(id)?;
        self.let_key_go(&dead.job)?;
        self.remove_blocked_on(id)?;
        Ok(true)
    }
}

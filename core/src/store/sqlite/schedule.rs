//! Schedules: a row each, and an index of their next ticks.

use rusqlite::{Row, params};

use crate::clock::Millis;
use crate::error::Error;
use crate::job::{Key, NewJob};
use crate::schedule::{Schedule, ScheduleInfo, Timing};
use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::{decode_backoff, encode_backoff};
use crate::store::sqlite::step::{Step, is_bad_value};
use crate::store::{Firing, Ticks};

const COLUMNS: &str = "name, cron, timezone, every, catch_up, lane, priority, cost, max_tries, \
     backoff, key, key_ttl, payload, next_at, last_at";

fn read(row: &Row<'_>) -> rusqlite::Result<ScheduleInfo> {
    let timing = match row.get(1)? {
        Some(expression) => Timing::Cron { expression, timezone: row.get(2)? },
        None => Timing::Every(row.get(3)?),
    };
    let catch_up: String = row.get(4)?;
    let key = match row.get(10)? {
        Some(name) => Some(Key { name, ttl: row.get(11)? }),
        None => None,
    };
    let job = NewJob {
        priority: row.get(6)?,
        cost: row.get(7)?,
        max_tries: row.get(8)?,
        backoff: decode_backoff(row, 9)?,
        key,
        ..NewJob::new(row.get::<_, Vec<u8>>(12)?).lane(row.get::<_, String>(5)?)
    };
    let catch_up = catch_up.parse().map_err(|error: Error| {
        rusqlite::Error::FromSqlConversionFailure(4, rusqlite::types::Type::Text, error.into())
    })?;
    Ok(ScheduleInfo {
        schedule: Schedule { name: row.get(0)?, timing, catch_up, job },
        next_at: row.get(13)?,
        last_at: row.get(14)?,
    })
}

/// Gathers schedules, but passes those over that something else has damaged: the others go on.
fn readable(rows: impl Iterator<Item = rusqlite::Result<ScheduleInfo>>) -> Step<Vec<ScheduleInfo>> {
    let is_readable = |row: &rusqlite::Result<_>| !row.as_ref().is_err_and(is_bad_value);
    Ok(rows.filter(is_readable).collect::<rusqlite::Result<_>>()?)
}

impl Call<'_> {
    /// Keeps a schedule, unless the one that stands is the same but for its moments.
    pub(super) fn schedule(&mut self, schedule: &Schedule, next_at: Millis) -> Step<()> {
        let stands = self.schedule_of_name(&schedule.name)?;
        if stands.is_some_and(|stands| stands.schedule == *schedule) {
            return Ok(());
        }
        self.touch();
        let (cron, timezone, every) = match &schedule.timing {
            Timing::Cron { expression, timezone } => (Some(expression), Some(timezone), None),
            Timing::Every(interval) => (None, None, Some(interval)),
        };
        let job = &schedule.job;
        self.sql
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO fairlane_schedule ({COLUMNS}, queue) VALUES
                 (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, NULL, ?15)"
            ))?
            .execute(params![
                schedule.name,
                cron,
                timezone,
                every,
                schedule.catch_up.name(),
                job.lane,
                job.priority,
                job.cost,
                job.max_tries,
                encode_backoff(job.backoff)?,
                job.key.as_ref().map(|key| &key.name),
                job.key.as_ref().map(|key| key.ttl),
                job.payload,
                next_at,
                self.queue.id,
            ])?;
        self.queue.due = self.queue.due.min(next_at);
        Ok(())
    }

    /// Ends a schedule; tells whether there was one.
    pub(super) fn unschedule(&mut self, name: &str) -> Step<bool> {
        let ended = self
            .sql
            .prepare_cached("DELETE FROM fairlane_schedule WHERE queue = ?1 AND name = ?2")?
            .execute(params![self.queue.id, name])?;
        if ended > 0 {
            self.touch();
            self.find_next_due()?;
        }
        Ok(ended > 0)
    }

    /// Lists the schedules by name.
    pub(super) fn schedules(&self) -> Step<Vec<ScheduleInfo>> {
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM fairlane_schedule WHERE queue = ?1 ORDER BY name"
        ))?;
        readable(statement.query_map([self.queue.id], read)?)
    }

    /// Gives the moment, and the schedules whose ticks have come.
    pub(super) fn ticks(&self, count: usize) -> Step<Ticks> {
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM fairlane_schedule WHERE queue = ?1 AND next_at <= ?2
             ORDER BY next_at, name LIMIT ?3"
        ))?;
        let most = i64::try_from(count).unwrap_or(i64::MAX);
        let due = readable(statement.query_map(params![self.queue.id, self.now, most], read)?)?;
        Ok(Ticks { now: self.now, due })
    }

    /// Settles ticks, if nobody else has done so.
    pub(super) fn fire(&mut self, firing: &Firing) -> Step<bool> {
        let stands = self.schedule_of_name(&firing.name)?;
        if stands.is_none_or(|stands| stands.next_at != firing.expected) {
            return Ok(false);
        }
        self.push(&firing.jobs)?;
        self.touch();
        self.sql
            .prepare_cached(
                "UPDATE fairlane_schedule SET last_at = ?3, next_at = ?4
                 WHERE queue = ?1 AND name = ?2",
            )?
            .execute(params![self.queue.id, firing.name, firing.last_at, firing.next_at])?;
        self.find_next_due()?;
        Ok(true)
    }

    fn schedule_of_name(&self, name: &str) -> Step<Option<ScheduleInfo>> {
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM fairlane_schedule WHERE queue = ?1 AND name = ?2"
        ))?;
        Ok(readable(statement.query_map(params![self.queue.id, name], read)?)?.pop())
    }

    /// Finds out anew when the next thing comes due: a tick was the next one.
    fn find_next_due(&mut self) -> Step<()> {
        self.flush()?;
        self.queue.due = self.next_due_but_leases()?;
        Ok(())
    }
}

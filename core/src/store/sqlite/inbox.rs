//! The inbox: jobs that other programs push by plain SQL, inside transactions of their own.
//!
//! Whoever keeps tables of its own in the file inserts into `fairlane_inbox`, by whatever copy of
//! SQLite it uses. What it has committed is moved by the next changing call on that queue, in any
//! process, inside the call's own transaction: exactly once. Finding out costs next to nothing: who
//! remembers a queue knows that nobody else has written since, and looks only when it remembers
//! nothing.

use rusqlite::{Connection, Row, params};

use crate::error::Error;
use crate::job::{Due, Key, NewJob};
use crate::limits::Rate;
use crate::options::MAX_PAYLOAD;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::decode_headers;
use crate::store::sqlite::step::{Step, is_bad_value};

/// The table, as it is documented: other programs may make it before fairlane has seen the file.
pub(super) const SCHEMA: &str = include_str!("inbox.sql");

/// The column that came last.
const HEADERS: &str =
    "headers TEXT CHECK (headers IS NULL OR json_valid(headers) AND json_type(headers) = 'object')";

/// Adds what a table lacks that was made by the words of an earlier release.
pub(super) fn complete(sql: &Connection) -> Step<()> {
    let has_headers = sql
        .prepare("SELECT 1 FROM pragma_table_info('fairlane_inbox') WHERE name = 'headers'")?
        .exists([])?;
    if !has_headers {
        sql.execute_batch(&format!("ALTER TABLE fairlane_inbox ADD COLUMN {HEADERS}"))?;
    }
    Ok(())
}

/// How many rows are read at a time.
const ROWS: i64 = 256;

impl Call<'_> {
    /// Pushes what has come into the inbox of this queue.
    ///
    /// Limits on what may wait do not hold it back: nobody is there to be told that the queue is full.
    pub(super) fn empty_inbox(&mut self) -> Step<()> {
        loop {
            let rows = self.read_inbox()?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            let last = *last;
            self.touch();
            for (id, job) in rows {
                match job {
                    Ok(job) => drop(self.push_one(&job)?),
                    Err(damage) => self.set_aside(id, &damage)?,
                }
            }
            self.sql
                .prepare_cached(
                    "DELETE FROM fairlane_inbox WHERE id <= ?2
                     AND queue = (SELECT name FROM fairlane_queue WHERE id = ?1)",
                )?
                .execute([self.queue.id, last])?;
        }
    }

    fn read_inbox(&self) -> Step<Vec<(i64, Result<NewJob, String>)>> {
        let mut statement = self.sql.prepare_cached(
            "SELECT id, payload, lane, priority, due_at, cost, max_tries, key, key_ttl, tps,
                headers
             FROM fairlane_inbox WHERE queue = (SELECT name FROM fairlane_queue WHERE id = ?1)
             ORDER BY id LIMIT ?2",
        )?;
        let rows = statement.query_map([self.queue.id, ROWS], |row| {
            let job = match read(row) {
                Ok(job) => job.validate(MAX_PAYLOAD).map(|()| job).map_err(told),
                Err(error) if is_bad_value(&error) => Err(error.to_string()),
                Err(error) => return Err(error),
            };
            Ok((row.get(0)?, job))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Keeps a row that is no job: its table refuses such rows, unless it was made by other words.
    fn set_aside(&mut self, id: i64, damage: &str) -> Step<()> {
        log::error!("row {id} of fairlane_inbox is no job and was set aside: {damage}");
        self.queue.quarantined += 1;
        self.sql.execute(
            "INSERT INTO fairlane_quarantine (job, queue, found_at, reason, row, payload)
             SELECT 0, ?2, ?3, ?4, json_object('lane', lane, 'priority', priority, 'due_at', due_at,
                'cost', cost, 'max_tries', max_tries, 'key', key, 'key_ttl', key_ttl, 'tps', tps,
                'headers', headers),
                CAST(payload AS BLOB)
             FROM fairlane_inbox WHERE id = ?1",
            params![id, self.queue.id, self.now, damage],
        )?;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<NewJob> {
    let payload = row.get_ref(1)?;
    let payload = payload.as_bytes().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(1, payload.data_type(), Box::new(error))
    })?;
    let ttl = row.get(8)?;
    Ok(NewJob {
        payload: payload.to_vec(),
        lane: row.get(2)?,
        priority: row.get(3)?,
        rate: row.get::<_, Option<i64>>(9)?.map(Rate::per_second),
        due: row.get::<_, Option<i64>>(4)?.map_or(Due::Now, Due::At),
        cost: row.get(5)?,
        key: row.get::<_, Option<String>>(7)?.map(|name| Key { name, ttl }),
        max_tries: row.get(6)?,
        backoff: None,
        after: None,
        headers: decode_headers(row, 10)?,
    })
}

fn told(error: Error) -> String {
    error.message().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{HEADERS, SCHEMA};
    use crate::fair::MAX_COST;
    use crate::job::{
        DEFAULT_LANE, DEFAULT_MAX_TRIES, DEFAULT_PRIORITY, MAX_DELAY, MAX_MOMENT, MAX_NAME,
        MAX_PRIORITY,
    };
    use crate::limits::MAX_RATE_COUNT;

    #[test]
    fn the_table_has_the_defaults_and_bounds_of_a_push() {
        for words in [
            format!("lane TEXT NOT NULL DEFAULT '{DEFAULT_LANE}'"),
            format!("(length(CAST(lane AS BLOB)) BETWEEN 1 AND {MAX_NAME})"),
            format!("(length(CAST(key AS BLOB)) BETWEEN 1 AND {MAX_NAME})"),
            format!("DEFAULT {DEFAULT_PRIORITY} CHECK (priority BETWEEN 0 AND {MAX_PRIORITY})"),
            format!("(due_at BETWEEN 0 AND {MAX_MOMENT})"),
            format!("DEFAULT 1 CHECK (cost BETWEEN 1 AND {MAX_COST})"),
            format!("max_tries INTEGER NOT NULL DEFAULT {DEFAULT_MAX_TRIES}"),
            format!("(max_tries = -1 OR max_tries BETWEEN 1 AND {})", u32::MAX),
            format!("DEFAULT 0 CHECK (key_ttl BETWEEN 0 AND {MAX_DELAY})"),
            format!("(tps BETWEEN 0 AND {MAX_RATE_COUNT})"),
            HEADERS.to_owned(),
        ] {
            assert!(SCHEMA.contains(&words), "inbox.sql does not say {words}");
        }
    }
}

//! A job as it is stored.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backoff::BackoffPolicy;
use crate::clock::Millis;
use crate::error::{Error, ErrorCode};
use crate::headers::Headers;
use crate::job::{JobInfo, JobState, MAX_PRIORITY};
use crate::store::sqlite::queue_row::number_of;
use crate::store::sqlite::step::{Step, Stop, is_bad_value};
use crate::token::JobId;

/// Payloads up to this many bytes stand in the job's row; larger ones apart, so that a retry does
/// not write them again.
const INLINE_PAYLOAD: usize = 1024;

pub(super) const READY: i64 = 0;
pub(super) const DELAYED: i64 = 1;
pub(super) const BLOCKED: i64 = 2;

/// A job as it is stored.
#[derive(Debug, Clone)]
pub(super) struct JobRow {
    pub(super) id: i64,
    pub(super) lane: i64,
    pub(super) state: i64,
    pub(super) priority: i64,
    pub(super) position: i64,
    pub(super) cost: i64,
    pub(super) tries: i64,
    pub(super) max_tries: i64,
    pub(super) deliveries: i64,
    pub(super) lapses: i64,
    pub(super) pushed_at: Millis,
    pub(super) due_at: Option<Millis>,
    pub(super) key: Option<HeldKey>,
    pub(super) after: Option<i64>,
    pub(super) backoff: Option<BackoffPolicy>,
    pub(super) error: Option<String>,
    pub(super) headers: Headers,
    /// Whether the payload stands apart.
    pub(super) is_large: bool,
}

/// A key as a job remembers it.
#[derive(Debug, Clone)]
pub(super) struct HeldKey {
    pub(super) name: String,
    /// The key is the job's as long as this is the queue's generation of keys.
    pub(super) generation: i64,
    /// How long it stays taken even if the job ends before.
    pub(super) until: Millis,
}

impl HeldKey {
    /// Reads the three columns from `column` on.
    pub(super) fn read(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Self>> {
        let Some(name) = row.get(column)? else { return Ok(None) };
        Ok(Some(Self { name, generation: row.get(column + 1)?, until: row.get(column + 2)? }))
    }
}

/// The columns that [`JobRow::read`] reads; the payload follows where it is wanted.
macro_rules! job_columns {
    () => {
        "id, fairlane_job.lane, state, priority, fairlane_job.position, cost, tries, max_tries, \
         deliveries, lapses, pushed_at, due_at, key, key_generation, key_until, after, backoff, \
         error, headers, payload IS NULL"
    };
}

pub(super) use job_columns;

/// How many columns that is.
const COLUMN_COUNT: usize = 20;

/// What is wrong with a stored job.
pub(super) type Damage = String;

/// Tells whether a payload of that length stands apart.
pub(super) const fn is_large(payload: usize) -> bool {
    payload > INLINE_PAYLOAD
}

impl JobRow {
    pub(super) fn rank(&self) -> i64 {
        MAX_PRIORITY - self.priority
    }

    pub(super) fn insert(&self, sql: &Connection, payload: &[u8]) -> Step<()> {
        let inline = (!self.is_large).then_some(payload);
        sql.prepare_cached(
            "INSERT INTO fairlane_job (id, lane, state, priority, position, cost, tries, max_tries,
                deliveries, lapses, pushed_at, due_at, key, key_generation, key_until, after,
                backoff, error, headers, payload)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                ?18, ?19, ?20)",
        )?
        .execute(params![
            self.id,
            self.lane,
            self.state,
            self.priority,
            self.position,
            self.cost,
            self.tries,
            self.max_tries,
            self.deliveries,
            self.lapses,
            self.pushed_at,
            self.due_at,
            self.key.as_ref().map(|key| &key.name),
            self.key.as_ref().map(|key| key.generation),
            self.key.as_ref().map(|key| key.until),
            self.after,
            encode_backoff(self.backoff)?,
            self.error,
            encode_headers(&self.headers)?,
            inline,
        ])?;
        if self.is_large { insert_large(sql, self.id, payload) } else { Ok(()) }
    }

    /// Writes what changes while a job lives.
    pub(super) fn save(&self, sql: &Connection) -> Step<()> {
        sql.prepare_cached(
            "UPDATE fairlane_job SET state = ?2, position = ?3, tries = ?4, deliveries = ?5,
             lapses = ?6, due_at = ?7, error = ?8 WHERE id = ?1",
        )?
        .execute(params![
            self.id,
            self.state,
            self.position,
            self.tries,
            self.deliveries,
            self.lapses,
            self.due_at,
            self.error,
        ])?;
        Ok(())
    }

    /// Reads a job. The inner error says what is wrong with the row, if it cannot be used.
    pub(super) fn load(sql: &Connection, id: i64) -> Step<Result<Self, Damage>> {
        let read = sql
            .prepare_cached(concat!("SELECT ", job_columns!(), " FROM fairlane_job WHERE id = ?1"))?
            .query_row([id], |row| Self::read(row, 0))
            .optional();
        judge(read)
    }

    /// Reads a job with its payload.
    pub(super) fn load_whole(sql: &Connection, id: i64) -> Step<Result<(Self, Vec<u8>), Damage>> {
        let read = sql
            .prepare_cached(concat!(
                "SELECT ",
                job_columns!(),
                ", payload FROM fairlane_job WHERE id = ?1"
            ))?
            .query_row([id], |row| Self::read_whole(row, 0))
            .optional();
        join_payload(sql, id, judge(read)?)
    }

    pub(super) fn delete(&self, sql: &Connection) -> Step<()> {
        delete_job(sql, self.id, self.is_large)
    }

    pub(super) fn read_whole(
        row: &Row<'_>,
        first: usize,
    ) -> rusqlite::Result<(Self, Option<Vec<u8>>)> {
        Ok((Self::read(row, first)?, row.get(first + COLUMN_COUNT)?))
    }

    fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(first)?,
            lane: row.get(first + 1)?,
            state: row.get(first + 2)?,
            priority: row.get(first + 3)?,
            position: row.get(first + 4)?,
            cost: row.get(first + 5)?,
            tries: row.get(first + 6)?,
            max_tries: row.get(first + 7)?,
            deliveries: row.get(first + 8)?,
            lapses: row.get(first + 9)?,
            pushed_at: row.get(first + 10)?,
            due_at: row.get(first + 11)?,
            key: HeldKey::read(row, first + 12)?,
            after: row.get(first + 15)?,
            backoff: decode_backoff(row, first + 16)?,
            error: row.get(first + 17)?,
            headers: decode_headers(row, first + 18)?,
            is_large: row.get(first + 19)?,
        })
    }

    /// Shows the job as it stands without a lease; `generation` is the queue's, of keys.
    pub(super) fn info(self, generation: i64, lane: String, payload: Vec<u8>) -> JobInfo {
        let state = match self.state {
            DELAYED => JobState::Delayed,
            BLOCKED => JobState::Blocked,
            _ => JobState::Ready,
        };
        JobInfo {
            id: JobId(number_of(self.id)),
            state,
            lane,
            payload,
            priority: self.priority,
            cost: self.cost,
            tries: self.tries,
            max_tries: self.max_tries,
            lapses: self.lapses,
            pushed_at: self.pushed_at,
            due_at: if state == JobState::Ready { None } else { self.due_at },
            lease_until: None,
            died_at: None,
            key: self.key.filter(|key| key.generation == generation).map(|key| key.name),
            after: self.after.map(|row| JobId(number_of(row))),
            parent_dead: false,
            error: self.error,
            headers: self.headers,
        }
    }
}

/// Sorts what reading a row gave into a row, damage to the row, and trouble with the file.
pub(super) fn judge<T>(read: rusqlite::Result<Option<T>>) -> Step<Result<T, Damage>> {
    match read {
        Ok(Some(row)) => Ok(Ok(row)),
        Ok(None) => Ok(Err("its row is missing".into())),
        Err(error) if is_bad_value(&error) => Ok(Err(error.to_string())),
        Err(error) => Err(Stop::Broken(error)),
    }
}

fn large_payload(sql: &Connection, id: i64) -> Step<Option<Vec<u8>>> {
    Ok(sql
        .prepare_cached("SELECT payload FROM fairlane_payload WHERE job = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Adds a payload that stands apart.
pub(super) fn join_payload(
    sql: &Connection,
    id: i64,
    whole: Result<(JobRow, Option<Vec<u8>>), Damage>,
) -> Step<Result<(JobRow, Vec<u8>), Damage>> {
    Ok(match whole {
        Err(damage) => Err(damage),
        Ok((job, Some(payload))) => Ok((job, payload)),
        Ok((job, None)) => match large_payload(sql, id)? {
            Some(payload) => Ok((job, payload)),
            None => Err("its payload is missing".into()),
        },
    })
}

/// Inserts a payload that stands apart.
pub(super) fn insert_large(sql: &Connection, id: i64, payload: &[u8]) -> Step<()> {
    sql.prepare_cached("INSERT INTO fairlane_payload (job, payload) VALUES (?1, ?2)")?
        .execute(params![id, payload])?;
    Ok(())
}

/// Deletes the rows of the jobs from the first to the last, but no payloads that stand apart.
pub(super) fn delete_jobs(sql: &Connection, first: i64, last: i64) -> Step<()> {
    sql.prepare_cached("DELETE FROM fairlane_job WHERE id BETWEEN ?1 AND ?2")?
        .execute([first, last])?;
    Ok(())
}

/// Deletes a payload that stands apart.
pub(super) fn delete_large(sql: &Connection, id: i64) -> Step<()> {
    sql.prepare_cached("DELETE FROM fairlane_payload WHERE job = ?1")?.execute([id])?;
    Ok(())
}

/// Deletes a job's row, and its payload if that stands apart.
pub(super) fn delete_job(sql: &Connection, id: i64, is_large: bool) -> Step<()> {
    delete_jobs(sql, id, id)?;
    if is_large { delete_large(sql, id) } else { Ok(()) }
}

pub(super) fn encode_backoff(backoff: Option<BackoffPolicy>) -> Step<Option<String>> {
    backoff.map(|backoff| encode("backoff", &backoff)).transpose()
}

/// Writes headers as a JSON object; most jobs have none.
pub(super) fn encode_headers(headers: &Headers) -> Step<Option<String>> {
    (!headers.is_empty()).then(|| encode("headers", headers)).transpose()
}

fn encode(what: &str, value: &impl Serialize) -> Step<String> {
    serde_json::to_string(value).map_err(|error| {
        Stop::Refused(Error::new(ErrorCode::Internal, format!("{what} cannot be encoded: {error}")))
    })
}

pub(super) fn decode_backoff(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<BackoffPolicy>> {
    decode(row, column)
}

pub(super) fn decode_headers(row: &Row<'_>, column: usize) -> rusqlite::Result<Headers> {
    Ok(decode(row, column)?.unwrap_or_default())
}

fn decode<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let encoded: Option<String> = row.get(column)?;
    encoded.map(|encoded| serde_json::from_str(&encoded)).transpose().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

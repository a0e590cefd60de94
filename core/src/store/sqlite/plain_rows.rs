//! Rows of jobs that are ready, have not been tried, and name nothing that most jobs do not: what
//! most pushes insert, many at a time where there are many.

use std::sync::LazyLock;

use rusqlite::{CachedStatement, Connection};

use crate::clock::Millis;
use crate::job::NewJob;
use crate::store::sqlite::job_row::{encode_backoff, insert_large, is_large};
use crate::store::sqlite::step::Step;

/// How many rows one statement inserts where there are as many: from there on it gets no cheaper.
const ROWS: usize = 16;
const COLUMNS: usize = 9;

/// Inserts [`ROWS`] rows.
static MANY: LazyLock<String> = LazyLock::new(|| insert(ROWS));
/// Inserts one row.
static ONE: LazyLock<String> = LazyLock::new(|| insert(1));

fn insert(rows: usize) -> String {
    let row = format!("({})", ["?"; COLUMNS].join(", "));
    format!(
        "INSERT INTO fairlane_job
         (id, lane, priority, position, cost, max_tries, pushed_at, backoff, payload)
         VALUES {}",
        vec![row; rows].join(", ")
    )
}

/// What the rows of one push into one lane have in common; the id and the position of the first.
pub(super) struct PlainRows {
    pub(super) id: i64,
    pub(super) lane: i64,
    pub(super) position: i64,
    pub(super) pushed_at: Millis,
}

impl PlainRows {
    /// Inserts the jobs, with ids and positions that go on from the first.
    pub(super) fn insert(&self, sql: &Connection, jobs: &[NewJob]) -> Step<()> {
        let (many, few) = jobs.as_chunks::<ROWS>();
        if !many.is_empty() {
            let mut statement = sql.prepare_cached(&MANY)?;
            for (index, jobs) in many.iter().enumerate() {
                self.insert_with(&mut statement, index * ROWS, jobs)?;
            }
        }
        if !few.is_empty() {
            let mut statement = sql.prepare_cached(&ONE)?;
            let first = many.len() * ROWS;
            for (index, job) in few.iter().enumerate() {
                self.insert_with(&mut statement, first + index, std::slice::from_ref(job))?;
            }
        }
        for (offset, job) in (0..).zip(jobs) {
            if is_large(job.payload.len()) {
                insert_large(sql, self.id + offset, &job.payload)?;
            }
        }
        Ok(())
    }

    fn insert_with(
        &self,
        statement: &mut CachedStatement<'_>,
        offset: usize,
        jobs: &[NewJob],
    ) -> Step<()> {
        for (index, job) in jobs.iter().enumerate() {
            let offset_of_job = (offset + index) as i64;
            let first = index * COLUMNS;
            let inline = (!is_large(job.payload.len())).then_some(&job.payload);
            statement.raw_bind_parameter(first + 1, self.id + offset_of_job)?;
            statement.raw_bind_parameter(first + 2, self.lane)?;
            statement.raw_bind_parameter(first + 3, job.priority)?;
            statement.raw_bind_parameter(first + 4, self.position + offset_of_job)?;
            statement.raw_bind_parameter(first + 5, job.cost)?;
            statement.raw_bind_parameter(first + 6, job.max_tries)?;
            statement.raw_bind_parameter(first + 7, self.pushed_at)?;
            statement.raw_bind_parameter(first + 8, encode_backoff(job.backoff)?)?;
            statement.raw_bind_parameter(first + 9, inline)?;
        }
        statement.raw_execute()?;
        Ok(())
    }
}

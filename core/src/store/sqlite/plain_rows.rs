//! Rows of jobs that are ready, have not been tried, and name nothing that most jobs do not: what
//! most pushes insert, many at a time where there are many.

use std::sync::LazyLock;

use rusqlite::{CachedStatement, Connection};

use crate::clock::Millis;
use crate::job::NewJob;
use crate::store::sqlite::job_row::{encode_backoff, encode_headers, insert_large, is_large};
use crate::store::sqlite::step::Step;

/// How many rows one statement inserts where there are as many: from there on it gets no cheaper.
const ROWS: usize = 16;

/// The columns that are alike in the rows of one push: `?1` to `?4` stand for the first row.
const COMMON: usize = 4;
/// The columns that a job of usual terms leaves at their defaults.
const TERMS: [&str; 5] = ["priority", "cost", "max_tries", "backoff", "headers"];

/// What a statement inserts: [`ROWS`] rows or one, of usual terms or of the jobs' own.
static MANY_USUAL: LazyLock<String> = LazyLock::new(|| insert(ROWS, &[]));
static ONE_USUAL: LazyLock<String> = LazyLock::new(|| insert(1, &[]));
static MANY: LazyLock<String> = LazyLock::new(|| insert(ROWS, &TERMS));
static ONE: LazyLock<String> = LazyLock::new(|| insert(1, &TERMS));

fn insert(rows: usize, terms: &[&str]) -> String {
    let columns: String = terms.iter().map(|term| format!("{term}, ")).collect();
    let values = "?, ".repeat(terms.len());
    let row = |row| format!("(?1 + {row}, ?2, ?3 + {row}, ?4, {values}?)");
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!(
        "INSERT INTO fairlane_job (id, lane, position, pushed_at, {columns}payload) VALUES {}",
        rows.join(", ")
    )
}

/// Tells whether a job's terms are those that the schema has as defaults.
fn is_usual(job: &NewJob) -> bool {
    (job.priority, job.cost, job.max_tries) == (1, 1, 10)
        && job.backoff.is_none()
        && job.headers.is_empty()
}

/// What the rows of one push into one lane have in common; the id and the position of the first.
#[derive(Clone, Copy)]
pub(super) struct PlainRows {
    pub(super) id: i64,
    pub(super) lane: i64,
    pub(super) position: i64,
    pub(super) pushed_at: Millis,
}

impl PlainRows {
    /// Inserts the jobs, with ids and positions that go on from the first.
    pub(super) fn insert(mut self, sql: &Connection, jobs: &[NewJob]) -> Step<()> {
        let (many, few) = jobs.as_chunks::<ROWS>();
        for jobs in many.iter().map(<[NewJob; ROWS]>::as_slice).chain(few.chunks(1)) {
            let are_usual = jobs.iter().all(is_usual);
            let statement = match (jobs.len(), are_usual) {
                (1, true) => &ONE_USUAL,
                (1, false) => &ONE,
                (_, true) => &MANY_USUAL,
                (_, false) => &MANY,
            };
            self.insert_with(&mut sql.prepare_cached(statement)?, jobs, are_usual)?;
            for (id, job) in (self.id..).zip(jobs) {
                if is_large(job.payload.len()) {
                    insert_large(sql, id, &job.payload)?;
                }
            }
            self.id += jobs.len() as i64;
            self.position += jobs.len() as i64;
        }
        Ok(())
    }

    fn insert_with(
        &self,
        statement: &mut CachedStatement<'_>,
        jobs: &[NewJob],
        are_usual: bool,
    ) -> Step<()> {
        for (index, value) in (1..).zip([self.id, self.lane, self.position, self.pushed_at]) {
            statement.raw_bind_parameter(index, value)?;
        }
        let mut index = COMMON + 1;
        for job in jobs {
            if !are_usual {
                statement.raw_bind_parameter(index, job.priority)?;
                statement.raw_bind_parameter(index + 1, job.cost)?;
                statement.raw_bind_parameter(index + 2, job.max_tries)?;
                statement.raw_bind_parameter(index + 3, encode_backoff(job.backoff)?)?;
                statement.raw_bind_parameter(index + 4, encode_headers(&job.headers)?)?;
                index += TERMS.len();
            }
            let inline = (!is_large(job.payload.len())).then_some(&job.payload);
            statement.raw_bind_parameter(index, inline)?;
            index += 1;
        }
        statement.raw_execute()?;
        Ok(())
    }
}

//! The foremost ready jobs of a lane, as the table of places has them.

use std::collections::VecDeque;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::store::sqlite::job_row::{Damage, JobRow, job_columns, join_payload, judge};
use crate::store::sqlite::step::Step;

/// A ready job among the foremost of its lane: its place, and the job itself if it can be used.
#[derive(Debug)]
pub(super) struct Foremost {
    pub(super) rank: i64,
    pub(super) position: i64,
    pub(super) id: i64,
    whole: Result<(JobRow, Option<Vec<u8>>), Damage>,
}

/// What remains to be read of a run of jobs.
#[derive(Clone, Copy)]
struct Rest {
    rank: i64,
    /// What to add to a job to get its position.
    offset: i64,
    next: i64,
    last: i64,
}

impl Foremost {
    /// Finds the foremost ready jobs of a lane, up to `count` and somewhat more if some are missing,
    /// behind a rank and position.
    pub(super) fn find(
        sql: &Connection,
        lane: i64,
        behind: (i64, i64),
        count: usize,
    ) -> Step<VecDeque<Self>> {
        // The first run may reach from before that position to behind it; or it ends there, which
        // is the one row more than `count`.
        let mut statement = sql.prepare_cached(concat!(
            "SELECT rank, place.position - place.job, place.last,
                place.job + iif(rank = ?2, max(?3 + 1 - place.position, 0), 0), ",
            job_columns!(),
            ", payload FROM fairlane_place AS place
             LEFT JOIN fairlane_job ON fairlane_job.id BETWEEN
                place.job + iif(rank = ?2, max(?3 + 1 - place.position, 0), 0) AND place.last
             WHERE place.lane = ?1 AND (rank, place.position) >= (?2, ifnull(
                (SELECT max(position) FROM fairlane_place
                 WHERE lane = ?1 AND rank = ?2 AND position <= ?3), ?3))
             ORDER BY rank, place.position, fairlane_job.id LIMIT ?4 + 1"
        ))?;
        let mut rows = statement.query([lane, behind.0, behind.1, count as i64])?;
        let mut found = VecDeque::with_capacity(count);
        let mut read = 0;
        let mut run: Option<Rest> = None;
        while let Some(row) = rows.next()? {
            read += 1;
            let here = Rest::read(row)?;
            let mut rest = match run {
                Some(run) if run.is_of(&here) => run,
                ended => {
                    found.extend(ended.into_iter().flat_map(|run| run.missing_to(run.last)));
                    here
                }
            };
            if row.get_ref(4)? == ValueRef::Null {
                found.extend(rest.missing_to(rest.last));
                rest.next = rest.last + 1;
            } else {
                let id = row.get(4)?;
                found.extend(rest.missing_to(id - 1));
                let whole = judge(JobRow::read_whole(row, 4).map(Some))?;
                found.push_back(Self { rank: rest.rank, position: rest.offset + id, id, whole });
                rest.next = id + 1;
            }
            run = Some(rest);
        }
        if read <= count {
            found.extend(run.into_iter().flat_map(|run| run.missing_to(run.last)));
        }
        Ok(found)
    }

    /// Gives the job with its payload, which is read only now if it stands apart.
    pub(super) fn open(self, sql: &Connection) -> Step<Result<(JobRow, Vec<u8>), Damage>> {
        join_payload(sql, self.id, self.whole)
    }
}

impl Rest {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { rank: row.get(0)?, offset: row.get(1)?, last: row.get(2)?, next: row.get(3)? })
    }

    fn is_of(&self, run: &Self) -> bool {
        (self.rank, self.offset, self.last) == (run.rank, run.offset, run.last)
    }

    /// Gives the jobs up to one, whose rows are missing.
    fn missing_to(self, last: i64) -> impl Iterator<Item = Foremost> {
        (self.next..=last).map(move |id| Foremost {
            rank: self.rank,
            position: self.offset + id,
            id,
            whole: Err("its row is missing".into()),
        })
    }
}

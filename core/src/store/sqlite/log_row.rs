//! The table `fairlane_log`: what is noted in the journal, as other processes read it.

use rusqlite::{Row, params};

use crate::clock::Millis;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::journal::{Completion, Note, Pop};
use crate::store::sqlite::settle::Lease;
use crate::store::sqlite::step::Step;

/// A row of the log: a run of jobs with successive ids that were popped, or completed, together.
#[derive(Debug, Clone, Copy)]
struct LogRow {
    lane: i64,
    first: i64,
    last: i64,
    /// `None` for completions.
    pops: Option<Pops>,
}

/// What the pops of a run have in common, and the virtual times after the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pops {
    delivery: i64,
    lease_until: Millis,
    owner: i64,
    start: i64,
    virtual_time: i64,
}

impl Note {
    fn row(&self) -> LogRow {
        match *self {
            Self::Pop(Pop { lease, owner, start, virtual_time, .. }) => LogRow {
                lane: lease.lane,
                first: lease.job,
                last: lease.job,
                pops: Some(Pops {
                    delivery: lease.delivery,
                    lease_until: lease.until,
                    owner,
                    start,
                    virtual_time,
                }),
            },
            Self::Completion(Completion { job, lane, .. }) => {
                LogRow { lane, first: job, last: job, pops: None }
            }
        }
    }
}

impl LogRow {
    /// Makes one row of this one and the next, if that says the same.
    fn join(&mut self, next: &Self) -> bool {
        let is_alike = match (self.pops, next.pops) {
            // Virtual times only grow: the last ones stand for all.
            (Some(these), Some(those)) => {
                these == Pops { start: these.start, virtual_time: these.virtual_time, ..those }
            }
            (None, None) => true,
            _ => false,
        };
        let joins = is_alike && self.lane == next.lane && self.last + 1 == next.first;
        if joins {
            self.last = next.last;
            self.pops = next.pops;
        }
        joins
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let pops = match row.get(3)? {
            Some(delivery) => Some(Pops {
                delivery,
                lease_until: row.get(4)?,
                owner: row.get(5)?,
                start: row.get(6)?,
                virtual_time: row.get(7)?,
            }),
            None => None,
        };
        Ok(Self { lane: row.get(0)?, first: row.get(1)?, last: row.get(2)?, pops })
    }
}

impl Call<'_> {
    /// Writes what this call has noted to the log.
    pub(super) fn log(&mut self) -> Step<()> {
        let mut new = self.journal.unlogged().iter().map(Note::row);
        let Some(mut run) = new.next() else { return Ok(()) };
        let mut rows = Vec::new();
        for row in new {
            if !run.join(&row) {
                rows.push(std::mem::replace(&mut run, row));
            }
        }
        rows.push(run);
        let mut insert = self.sql.prepare_cached(
            "INSERT INTO fairlane_log
             (number, lane, first, last, delivery, lease_until, owner, start, virtual_time)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        let mut number = self.journal.next_row();
        for LogRow { lane, first, last, pops } in rows {
            insert.execute(params![
                self.queue.row_of(number),
                lane,
                first,
                last,
                pops.map(|pops| pops.delivery),
                pops.map(|pops| pops.lease_until),
                pops.map(|pops| pops.owner),
                pops.map(|pops| pops.start),
                pops.map(|pops| pops.virtual_time),
            ])?;
            number += 1;
        }
        self.journal.is_logged(number);
        Ok(())
    }

    /// Notes what the log holds: another process wrote it, or this one in an earlier life.
    pub(super) fn read_log(&mut self) -> Step<()> {
        let rows = self
            .sql
            .prepare_cached(
                "SELECT lane, first, last, delivery, lease_until, owner, start, virtual_time
                 FROM fairlane_log WHERE number BETWEEN ?1 AND ?2 ORDER BY number",
            )?
            .query_map(<[i64; 2]>::from(self.queue.job_range()), LogRow::read)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        for row in &rows {
            match row.pops {
                Some(pops) => self.note_pops(row, pops)?,
                None => self.note_completions(row)?,
            }
        }
        self.journal.is_logged(rows.len() as i64);
        Ok(())
    }

    fn note_pops(&mut self, row: &LogRow, pops: Pops) -> Step<()> {
        let Some(mut lane) = self.take(row.lane)? else { return Ok(()) };
        let Pops { delivery, lease_until, owner, start, virtual_time } = pops;
        let popped = self
            .sql
            .prepare_cached(
                "SELECT id, 9 - priority, position, key IS NOT NULL, payload IS NULL
                 FROM fairlane_job WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
            )?
            .query_map([row.first, row.last], |job| {
                let lease = Lease {
                    job: job.get(0)?,
                    lane: row.lane,
                    delivery,
                    until: lease_until,
                    is_keyed: job.get(3)?,
                    is_large: job.get(4)?,
                };
                let (rank, position) = (job.get(1)?, job.get(2)?);
                Ok(Pop { lease, rank, position, owner, start, virtual_time })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        self.queue.virtual_time = self.queue.virtual_time.max(virtual_time);
        self.raise_start(&mut lane, start);
        for pop in popped {
            self.note_pop(pop);
            self.count_pop(&mut lane, lease_until);
        }
        self.put_counted(lane);
        Ok(())
    }

    fn note_completions(&mut self, row: &LogRow) -> Step<()> {
        for job in row.first..=row.last {
            let Some(lease) = self.lease(job)? else { continue };
            let Some(mut lane) = self.take(row.lane)? else { return Ok(()) };
            self.note_completion(&lease);
            self.count_completion(&mut lane);
            self.put_counted(lane);
        }
        Ok(())
    }
}

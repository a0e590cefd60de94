//! Runs: ready jobs of a lane with successive ids that stand one behind the other share a row of
//! `fairlane_place`. So do the jobs of most pushes, and pops take them from its head.

use rusqlite::{Connection, OptionalExtension};

use crate::store::sqlite::step::Step;

/// A row of the ready order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) lane: i64,
    pub(super) rank: i64,
    /// Where the first job stands, the others behind it.
    pub(super) position: i64,
    /// The first job and the last.
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Run {
    /// Makes one run of this one and the next, if they stand one behind the other.
    pub(super) fn join(&mut self, next: &Self) -> bool {
        let behind = Self { position: self.end(), first: self.last + 1, ..*self };
        let joins = *next == Self { last: next.last, ..behind };
        if joins {
            self.last = next.last;
        }
        joins
    }

    /// Gives the position behind the last job.
    fn end(&self) -> i64 {
        self.position + self.last + 1 - self.first
    }

    /// Enters the jobs into the ready order.
    pub(super) fn insert(&self, sql: &Connection) -> Step<()> {
        sql.prepare_cached(
            "INSERT INTO fairlane_place (lane, rank, position, job, last)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute([self.lane, self.rank, self.position, self.first, self.last])?;
        Ok(())
    }

    /// Finds the last run of a lane and rank that begins at a position or before it.
    fn find(sql: &Connection, lane: i64, rank: i64, position: i64) -> Step<Option<Self>> {
        Ok(sql
            .prepare_cached(
                "SELECT position, job, last FROM fairlane_place
                 WHERE lane = ?1 AND rank = ?2 AND position <= ?3 ORDER BY position DESC LIMIT 1",
            )?
            .query_row([lane, rank, position], |row| {
                Ok(Self {
                    lane,
                    rank,
                    position: row.get(0)?,
                    first: row.get(1)?,
                    last: row.get(2)?,
                })
            })
            .optional()?)
    }
}

/// Takes the jobs from one position to another out of the ready order of a lane and rank. What
/// remains of the runs that they stood in stays.
pub(super) fn leave_order(
    sql: &Connection,
    [lane, rank]: [i64; 2],
    [from, to]: [i64; 2],
) -> Step<()> {
    let Some(last) = Run::find(sql, lane, rank, to)? else { return Ok(()) };
    let head = if last.position <= from { Some(last) } else { Run::find(sql, lane, rank, from)? };
    let head = head.filter(|head| head.position < from && head.end() > from);
    sql.prepare_cached(
        "DELETE FROM fairlane_place WHERE lane = ?1 AND rank = ?2 AND position BETWEEN ?3 AND ?4",
    )?
    .execute([lane, rank, head.map_or(from, |head| head.position), to])?;
    if let Some(head) = head {
        Run { last: head.first + from - head.position - 1, ..head }.insert(sql)?;
    }
    if last.end() > to + 1 {
        let first = last.first + to + 1 - last.position;
        Run { position: to + 1, first, ..last }.insert(sql)?;
    }
    Ok(())
}

//! Pops and completions whose rows are written later, many at a time.
//!
//! A pop moves its job's place, a completion deletes the place and the job. One at a time, that is
//! several pages a commit; many at a time, the rows share their pages and statements. So both are
//! noted here, and their rows are written when the books are kept ([`Call::book`]). Between two
//! calls, the table `fairlane_log` holds what is noted, a row for each run of jobs: that row is all
//! that most pops and completions write, and all that another process needs to know.

use std::collections::HashMap;

use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::{delete_jobs, delete_large};
use crate::store::sqlite::run::leave_order;
use crate::store::sqlite::settle::{LEAVE_FLIGHT, Lease};
use crate::store::sqlite::step::Step;

/// The pops and completions of a queue whose rows are not written yet.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// In the order of the calls.
    notes: Vec<Note>,
    /// What is known of the jobs that are noted: their leases, or that they are complete.
    leases: HashMap<i64, Option<Lease>>,
    /// How many notes stand in the log.
    logged: usize,
    /// How many rows the log has.
    rows: i64,
}

/// What is noted.
#[derive(Debug)]
pub(super) enum Note {
    Pop(Pop),
    Completion(Completion),
}

/// A pop: the job still stands at its place in the ready order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pop {
    pub(super) lease: Lease,
    pub(super) rank: i64,
    pub(super) position: i64,
    /// The incarnation of the process that holds the lease.
    pub(super) owner: i64,
    /// The lane's virtual time after the charge.
    pub(super) start: i64,
    /// The queue's virtual time at the start.
    pub(super) virtual_time: i64,
}

/// A completion: the job's row is still there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Completion {
    pub(super) job: i64,
    pub(super) lane: i64,
    is_large: bool,
    /// Whether its place is among those in flight: it was popped before all that is noted.
    is_in_flight: bool,
}

impl Journal {
    pub(super) fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    pub(super) fn ends_with_pop(&self) -> bool {
        matches!(self.notes.last(), Some(Note::Pop(_)))
    }

    /// Tells what is noted of a job: its lease, or `Some(None)` if it is complete.
    pub(super) fn lease(&self, job: i64) -> Option<Option<Lease>> {
        self.leases.get(&job).copied()
    }

    fn pop(&mut self, pop: Pop) {
        self.leases.insert(pop.lease.job, Some(pop.lease));
        self.notes.push(Note::Pop(pop));
    }

    fn complete(&mut self, lease: &Lease) {
        let was_noted = self.leases.insert(lease.job, None).is_some();
        self.notes.push(Note::Completion(Completion {
            job: lease.job,
            lane: lease.lane,
            is_large: lease.is_large,
            is_in_flight: !was_noted,
        }));
    }

    /// Gives what is not in the log yet.
    pub(super) fn unlogged(&self) -> &[Note] {
        &self.notes[self.logged..]
    }

    /// Gives the number of the next row of the log.
    pub(super) fn next_row(&self) -> i64 {
        self.rows
    }

    /// Notes that all stands in the log, which has so many rows.
    pub(super) fn is_logged(&mut self, rows: i64) {
        self.rows = rows;
        self.logged = self.notes.len();
    }

    /// Tells whether the job of a pop is not complete.
    fn is_under_way(&self, pop: &Pop) -> bool {
        matches!(self.leases.get(&pop.lease.job), Some(Some(_)))
    }
}

impl Call<'_> {
    /// Notes a pop.
    pub(super) fn note_pop(&mut self, pop: Pop) {
        self.ahead.popped(pop.lease.lane, pop.rank, pop.position);
        self.journal.pop(pop);
    }

    /// Notes a completion.
    pub(super) fn note_completion(&mut self, lease: &Lease) {
        self.journal.complete(lease);
    }

    /// Writes the rows of all that is noted, and empties the log.
    pub(super) fn book_journal(&mut self) -> Step<()> {
        if self.journal.is_empty() {
            return Ok(());
        }
        self.touch();
        self.ahead.all_have_left();
        let journal = std::mem::take(&mut self.journal);
        let (mut pops, mut completions) = (Vec::new(), Vec::new());
        for note in &journal.notes {
            match note {
                Note::Pop(pop) => pops.push(*pop),
                Note::Completion(completion) => completions.push(*completion),
            }
        }
        self.leave_places(&mut pops)?;
        pops.retain(|pop| journal.is_under_way(pop));
        self.enter_flight(&pops)?;
        self.delete_completed(&mut completions)?;
        if journal.rows > 0 {
            self.sql
                .prepare_cached("DELETE FROM fairlane_log WHERE number BETWEEN ?1 AND ?2")?
                .execute([self.queue.row_of(0), self.queue.row_of(journal.rows - 1)])?;
        }
        Ok(())
    }

    /// Takes the jobs that were popped out of the ready order. From each lane and rank those were
    /// taken that stood foremost, so that nothing else stands between the first and the last.
    fn leave_places(&self, pops: &mut [Pop]) -> Step<()> {
        pops.sort_unstable_by_key(|pop| (pop.lease.lane, pop.rank, pop.position));
        for run in pops.chunk_by(|a, b| (a.lease.lane, a.rank) == (b.lease.lane, b.rank)) {
            if let [first, .., last] | [first @ last] = run {
                let lane_and_rank = [first.lease.lane, first.rank];
                leave_order(self.sql, lane_and_rank, [first.position, last.position])?;
            }
        }
        Ok(())
    }

    /// Enters the jobs that were popped among those in flight.
    fn enter_flight(&self, pops: &[Pop]) -> Step<()> {
        let mut insert = self.sql.prepare_cached(
            "INSERT INTO fairlane_place (lane, rank, position, job, delivery, lease_until, owner)
             VALUES (?1, -1, ?2, ?2, ?3, ?4, ?5)",
        )?;
        for Pop { lease, owner, .. } in pops {
            insert.execute([lease.lane, lease.job, lease.delivery, lease.until, *owner])?;
        }
        Ok(())
    }

    fn delete_completed(&self, completions: &mut [Completion]) -> Step<()> {
        let mut leave = self.sql.prepare_cached(LEAVE_FLIGHT)?;
        for done in completions.iter().filter(|done| done.is_in_flight) {
            leave.execute([done.lane, done.job])?;
        }
        drop(leave);
        completions.sort_unstable_by_key(|done| done.job);
        for run in completions.chunk_by(|one, next| one.job + 1 == next.job) {
            if let [first, .., last] | [first @ last] = run {
                delete_jobs(self.sql, first.job, last.job)?;
            }
        }
        for done in completions.iter().filter(|done| done.is_large) {
            delete_large(self.sql, done.job)?;
        }
        Ok(())
    }
}

//! Books that lag: what need not be written with each call.
//!
//! A plain push into a lane that is ready anyway writes its job and nothing else: its place in the
//! lane follows from the row. A pop or a completion in a lane that stays ready writes a row of the
//! log ([`super::journal`]). The counts and the virtual times stay in memory. All of it is written
//! with the next call of another kind ([`Call::book`]), or after [`MAX_LAG`] such jobs. Nothing is
//! lost with the process: jobs numbered from the stored `next_job` on are exactly those that have no
//! place yet and stand in no sum, the log holds the rest, and whoever reads the queue next counts
//! them in ([`Call::catch_up`]).

use crate::clock::Millis;
use crate::job::{DEFAULT_PRIORITY, MAX_PRIORITY};
use crate::store::sqlite::call::Call;
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::queue_row::number_of;
use crate::store::sqlite::step::Step;

/// How many pushes, pops and completions the books may lag behind.
const MAX_LAG: usize = 256;

/// How many of them a process leaves to the next one that it finds: processes that take turns would
/// read them again each time.
const MAX_INHERITED_LAG: usize = 16;

/// How far the stored sums lag behind.
#[derive(Debug)]
pub(super) struct Books {
    /// How many pushes, pops and completions they lack.
    lag: usize,
    /// The first job that has no place yet.
    placed_to: i64,
    /// The lowest rank among the jobs that have no place yet.
    first_unplaced_rank: i64,
}

impl Books {
    /// Begins with a queue whose next job has that number.
    pub(super) fn new(next_job: i64) -> Self {
        Self { lag: 0, placed_to: next_job, first_unplaced_rank: i64::MAX }
    }

    /// Tells whether the sums lag behind.
    pub(super) fn is_behind(&self) -> bool {
        self.lag > 0
    }

    /// Tells whether they lag so far behind that they must be kept now.
    pub(super) fn is_far_behind(&self) -> bool {
        self.lag >= MAX_LAG
    }
}

impl Call<'_> {
    /// Counts in what no stored sum knows of.
    pub(super) fn catch_up(&mut self) -> Step<()> {
        let (from, (_, last)) = (self.queue.row_of(self.queue.next_job), self.queue.job_range());
        let pushed = self
            .sql
            .prepare_cached(
                "SELECT id, lane, priority FROM fairlane_job WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
            )?
            .query_map([from, last], |row| {
                // A damaged priority is found when the job is popped.
                Ok((row.get(0)?, row.get(1)?, row.get(2).unwrap_or(DEFAULT_PRIORITY)))
            })?
            .collect::<rusqlite::Result<Vec<(i64, i64, i64)>>>()?;
        for (id, lane, priority) in pushed {
            self.queue.next_job = number_of(id) as i64 + 1;
            if let Some(mut lane) = self.take(lane)? {
                self.count_push(&mut lane, priority);
                self.put_counted(lane);
            }
        }
        self.read_log()?;
        if self.books.lag > MAX_INHERITED_LAG {
            self.touch();
        }
        Ok(())
    }

    /// Writes the rows that lag behind; the sums follow when the call ends. Comes before whatever
    /// reads or writes places, leases or jobs by statements of its own.
    pub(super) fn book(&mut self) -> Step<()> {
        self.book_journal()?;
        if self.books.placed_to == self.queue.next_job {
            return Ok(());
        }
        self.touch();
        self.ahead.forget_all();
        self.sql
            .prepare_cached(
                "INSERT INTO fairlane_place (lane, rank, position, job)
                 SELECT lane, 9 - priority, position, id FROM fairlane_job WHERE id BETWEEN ?1 AND ?2",
            )?
            .execute([
                self.queue.row_of(self.books.placed_to),
                self.queue.row_of(self.queue.next_job - 1),
            ])?;
        self.all_are_placed();
        Ok(())
    }

    /// Notes that every job has its place.
    pub(super) fn all_are_placed(&mut self) {
        self.books.placed_to = self.queue.next_job;
        self.books.first_unplaced_rank = i64::MAX;
    }

    /// Gives the lowest rank of the jobs that have no place yet.
    pub(super) fn first_unplaced_rank(&self) -> i64 {
        self.books.first_unplaced_rank
    }

    /// Counts a push into a lane that was ready before.
    pub(super) fn count_push(&mut self, lane: &mut Lane, priority: i64) {
        lane.next += 1;
        lane.counts.ready += 1;
        self.queue.counts.ready += 1;
        self.queue.pushed += 1;
        self.books.lag += 1;
        let rank = MAX_PRIORITY - priority;
        self.books.first_unplaced_rank = self.books.first_unplaced_rank.min(rank);
    }

    /// Counts a pop, its charge apart.
    pub(super) fn count_pop(&mut self, lane: &mut Lane, lease_until: Millis) {
        lane.counts.ready -= 1;
        lane.counts.in_flight += 1;
        self.queue.counts.ready -= 1;
        self.queue.counts.in_flight += 1;
        self.queue.lease_due = self.queue.lease_due.min(lease_until);
        self.books.lag += 1;
    }

    /// Counts a completion.
    pub(super) fn count_completion(&mut self, lane: &mut Lane) {
        lane.counts.in_flight -= 1;
        self.queue.counts.in_flight -= 1;
        self.queue.completed += 1;
        self.books.lag += 1;
    }

    /// Puts a lane back from which a job was popped or completed: its row may lag behind unless
    /// that has changed whether it is ready.
    pub(super) fn put_moved(&mut self, lane: Lane) -> Step<()> {
        if lane.stays_ready() {
            self.reorder(&lane);
            self.put_counted(lane);
            Ok(())
        } else {
            self.put(lane)
        }
    }

    /// Writes all that lags behind, rows and sums.
    pub(super) fn keep_books(&mut self) -> Step<()> {
        self.book()?;
        self.flush()?;
        self.queue.save(self.sql)?;
        self.books.lag = 0;
        self.is_changed = false;
        Ok(())
    }
}

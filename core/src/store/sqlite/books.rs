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
use crate::store::sqlite::call::Call;
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::queue_row::number_of;
use crate::store::sqlite::run::Run;
use crate::store::sqlite::step::Step;

/// How many pushes, pops and completions the books may lag behind.
const MAX_LAG: usize = 256;

/// How many of them a process leaves to the next one that it finds: processes that take turns would
/// read them again each time.
const MAX_INHERITED_LAG: usize = 16;

/// How far the stored sums lag behind.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// How many pushes, pops and completions they lack.
    lag: usize,
    /// The jobs that have no place yet, in the order of their pushes.
    unplaced: Vec<Run>,
}

impl Books {
    /// Tells whether the sums lag behind.
    pub(super) fn is_behind(&self) -> bool {
        self.lag > 0
    }
}

impl Call<'_> {
    /// Counts in what no stored sum knows of.
    pub(super) fn catch_up(&mut self) -> Step<()> {
        let (from, (_, last)) = (self.queue.row_of(self.queue.next_job), self.queue.job_range());
        let pushed = self
            .sql
            .prepare_cached(
                "SELECT id, lane, 9 - priority FROM fairlane_job
                 WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
            )?
            .query_map([from, last], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?
            .collect::<rusqlite::Result<Vec<[i64; 3]>>>()?;
        for [job, lane, rank] in pushed {
            self.queue.next_job = number_of(job) as i64 + 1;
            if let Some(mut lane) = self.take(lane)? {
                self.count_push(&mut lane, rank, job);
                self.put_counted(lane);
            }
        }
        self.read_log()?;
        if self.books.lag > MAX_INHERITED_LAG {
            self.touch();
        }
        Ok(())
    }

    /// Tells whether the books lag so far behind that they must be kept now. A pop leaves that to a
    /// call that follows, if it can: jobs that are complete by then were never in flight for them.
    pub(super) fn are_far_behind(&self) -> bool {
        let most = if self.journal.ends_with_pop() { 2 * MAX_LAG } else { MAX_LAG };
        self.books.lag >= most
    }

    /// Writes the rows that lag behind; the sums follow when the call ends. Comes before whatever
    /// reads or writes places, leases or jobs by statements of its own.
    pub(super) fn book(&mut self) -> Step<()> {
        self.book_journal()?;
        if self.books.unplaced.is_empty() {
            return Ok(());
        }
        self.touch();
        self.ahead.forget_all();
        let unplaced = std::mem::take(&mut self.books.unplaced);
        unplaced.iter().try_for_each(|run| run.insert(self.sql))
    }

    /// Forgets the jobs that have no place yet: they were taken back.
    pub(super) fn forget_unplaced(&mut self) {
        self.books.unplaced.clear();
    }

    /// Tells whether a job that has no place yet may go before those of a rank.
    pub(super) fn has_unplaced_before(&self, rank: i64) -> bool {
        self.books.unplaced.iter().any(|run| run.rank < rank)
    }

    /// Counts the push of a job at the end of a lane that was ready before.
    pub(super) fn count_push(&mut self, lane: &mut Lane, rank: i64, job: i64) {
        let run = Run { lane: lane.id, rank, position: lane.next, first: job, last: job };
        let joins = self.books.unplaced.last_mut().is_some_and(|last| last.join(&run));
        if !joins {
            self.books.unplaced.push(run);
        }
        lane.next += 1;
        lane.counts.ready += 1;
        self.queue.counts.ready += 1;
        self.queue.pushed += 1;
        self.books.lag += 1;
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

//! What one pop takes. Jobs are read ahead and moved in runs, lane by lane.
//!
//! The jobs that a pop takes from a lane stand one behind the other in its order. So one statement
//! reads some of them and one takes them out of the order; a statement for each job would be most
//! of the price of a pop of many.

use std::collections::{HashMap, VecDeque};

use rusqlite::params;

use crate::clock::Millis;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::{Foremost, JobRow};
use crate::store::sqlite::step::Step;

/// The most jobs that are read ahead from a lane.
const READ_AHEAD: i64 = 32;

/// What one pop takes.
pub(super) struct Taking {
    /// When the leases of the jobs lapse; `None` if they are delivered at most once.
    pub(super) lease_until: Option<Millis>,
    /// How many jobs are still wanted.
    pub(super) wanted: usize,
    lanes: HashMap<i64, Run>,
}

/// What is taken from one lane.
#[derive(Default)]
struct Run {
    /// Read, but not taken.
    ahead: VecDeque<Foremost>,
    /// Taken, but still at their places in the ready order.
    taken: Vec<Taken>,
}

struct Taken {
    rank: i64,
    position: i64,
    job: i64,
    delivery: i64,
}

impl Taking {
    pub(super) fn new(lease_until: Option<Millis>) -> Self {
        Self { lease_until, wanted: 0, lanes: HashMap::new() }
    }

    /// Notes that a job is leased; its place is `[lane, rank, position]`.
    pub(super) fn take(&mut self, place: [i64; 3], job: i64, delivery: i64) {
        let [lane, rank, position] = place;
        let run = self.lanes.entry(lane).or_default();
        run.taken.push(Taken { rank, position, job, delivery });
    }
}

impl Call<'_> {
    /// Finds the foremost job of a lane that is not yet taken.
    pub(super) fn foremost(&self, taking: &mut Taking, lane: i64) -> Step<Option<Foremost>> {
        // A job that is complete at once may let another go before those that were read ahead.
        let count = match taking.lease_until {
            Some(_) => (taking.wanted as i64 / self.queue.ready_lanes.max(1)).clamp(1, READ_AHEAD),
            None => 1,
        };
        let is_known = taking.lanes.get(&lane).is_some_and(|run| !run.ahead.is_empty());
        if !is_known {
            self.move_taken_of(taking, lane)?;
        }
        let run = taking.lanes.entry(lane).or_default();
        if !is_known {
            run.ahead = JobRow::foremost(self.sql, lane, count)?;
        }
        Ok(run.ahead.pop_front())
    }

    /// Moves the jobs that were taken to those in flight.
    pub(super) fn move_taken(&self, taking: &mut Taking) -> Step<()> {
        let lanes: Vec<i64> = taking.lanes.keys().copied().collect();
        lanes.into_iter().try_for_each(|lane| self.move_taken_of(taking, lane))
    }

    /// Moves the jobs that were taken from one lane; comes before whatever reads its order.
    pub(super) fn move_taken_of(&self, taking: &mut Taking, lane: i64) -> Step<()> {
        let Some(run) = taking.lanes.get_mut(&lane) else { return Ok(()) };
        if run.taken.is_empty() {
            return Ok(());
        }
        let mut delete = self.sql.prepare_cached(
            "DELETE FROM fairlane_place WHERE lane = ?1 AND rank = ?2 AND position BETWEEN ?3 AND ?4",
        )?;
        for of_rank in run.taken.chunk_by(|one, next| one.rank == next.rank) {
            if let [first, .., last] | [first @ last] = of_rank {
                delete.execute([lane, first.rank, first.position, last.position])?;
            }
        }
        let mut insert = self.sql.prepare_cached(
            "INSERT INTO fairlane_place (lane, rank, position, job, delivery, lease_until, owner)
             VALUES (?1, -1, ?2, ?2, ?3, ?4, ?5)",
        )?;
        for taken in run.taken.drain(..) {
            insert.execute(params![
                lane,
                taken.job,
                taken.delivery,
                taking.lease_until,
                self.owner
            ])?;
        }
        Ok(())
    }
}

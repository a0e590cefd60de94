//! Moving what has come due, before anything else in a changing call.

use rusqlite::{OptionalExtension, Row, params};

use crate::clock::Millis;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::JobRow;
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::queue_row::NEVER;
use crate::store::sqlite::step::Step;
use crate::store::{LAPSED, Swept};

/// Takes a job, the second value, out of those in flight in a lane, the first.
pub(super) const LEAVE_FLIGHT: &str =
    "DELETE FROM fairlane_place WHERE lane = ?1 AND rank = -1 AND position = ?2";

/// A lease as it is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    pub(super) job: i64,
    pub(super) lane: i64,
    pub(super) delivery: i64,
    pub(super) until: Millis,
    /// Whether the job has a key.
    pub(super) is_keyed: bool,
    /// Whether its payload stands apart.
    pub(super) is_large: bool,
}

impl Lease {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            job: row.get(0)?,
            lane: row.get(1)?,
            delivery: row.get(2)?,
            until: row.get(3)?,
            is_keyed: row.get(4)?,
            is_large: row.get(5)?,
        })
    }
}

impl Call<'_> {
    /// Moves what has come due.
    pub(super) fn settle(&mut self) -> Step<Swept> {
        let mut swept = Swept::default();
        if self.now >= self.queue.lease_due.min(self.queue.due) {
            self.book()?;
        }
        if self.now >= self.queue.lease_due {
            self.touch();
            swept.lapsed = self.settle_leases()?;
        }
        if self.now >= self.queue.due {
            self.touch();
            swept.due = self.settle_delayed()?;
            swept.woken = self.settle_throttled()?;
            self.queue.due = self.next_due_but_leases()?;
        }
        Ok(swept)
    }

    fn settle_leases(&mut self) -> Step<u64> {
        let lapsed = self.leases(&format!("lease_until <= {}", self.now))?;
        for lease in &lapsed {
            self.lapse(lease)?;
        }
        self.save_changed_lanes()?;
        self.queue.lease_due = self
            .sql
            .prepare_cached(
                "SELECT min(lease_until) FROM fairlane_lane AS lane CROSS JOIN fairlane_place AS place
                 ON place.lane = lane.id AND place.rank = -1
                 WHERE lane.queue = ?1 AND lane.in_flight > 0",
            )?
            .query_row([self.queue.id], |row| row.get::<_, Option<Millis>>(0))?
            .unwrap_or(NEVER);
        Ok(lapsed.len() as u64)
    }

    /// Takes the leases of processes that have died, as if they had lapsed now.
    pub(super) fn lapse_leases_where(&mut self, condition: &str) -> Step<u64> {
        let lapsed = self.leases(condition)?;
        for lease in &lapsed {
            self.lapse(lease)?;
        }
        Ok(lapsed.len() as u64)
    }

    /// Lists the leases that meet a condition, latest first: the last to be put to the front of its
    /// lane is the earliest.
    fn leases(&mut self, condition: &str) -> Step<Vec<Lease>> {
        self.save_changed_lanes()?;
        let leases = self
            .sql
            .prepare(&format!(
                "SELECT place.job, place.lane, delivery, lease_until, 1, 1
                 FROM fairlane_lane AS lane CROSS JOIN fairlane_place AS place
                 ON place.lane = lane.id AND place.rank = -1
                 WHERE lane.queue = ?1 AND lane.in_flight > 0 AND {condition}
                 ORDER BY lease_until DESC, job DESC"
            ))?
            .query_map([self.queue.id], Lease::read)?
            .collect::<rusqlite::Result<_>>()?;
        Ok(leases)
    }

    /// Finds the lease of a job.
    pub(super) fn lease(&self, job: i64) -> Step<Option<Lease>> {
        if let Some(noted) = self.journal.lease(job) {
            return Ok(noted);
        }
        Ok(self
            .sql
            .prepare_cached(
                "SELECT place.job, place.lane, delivery, lease_until, key IS NOT NULL, payload IS NULL
                 FROM fairlane_job AS job CROSS JOIN fairlane_place AS place
                 ON place.lane = job.lane AND place.rank = -1 AND place.position = job.id
                 WHERE job.id = ?1",
            )?
            .query_row([job], Lease::read)
            .optional()?)
    }

    /// Ends a lease without a word from its worker.
    fn lapse(&mut self, lease: &Lease) -> Step<()> {
        let Some(lane) = self.end_lease(lease)? else { return Ok(()) };
        self.queue.lapsed += 1;
        let mut job = match JobRow::load(self.sql, lease.job)? {
            Ok(job) => job,
            Err(damage) => return self.quarantine(lease.job, Some(lane), &damage),
        };
        job.tries += 1;
        job.lapses += 1;
        job.deliveries = lease.delivery;
        if job.max_tries >= 0 && job.tries >= job.max_tries {
            job.error = Some(LAPSED.to_owned());
            self.put(lane)?;
            return self.bury(job);
        }
        self.put_front(job, lane)
    }

    /// Takes the lease away and gives its lane, not yet put back. `None` if the lane is lost.
    pub(super) fn end_lease(&mut self, lease: &Lease) -> Step<Option<Lane>> {
        self.touch();
        self.sql.prepare_cached(LEAVE_FLIGHT)?.execute([lease.lane, lease.job])?;
        self.queue.counts.in_flight -= 1;
        let Some(mut lane) = self.take(lease.lane)? else {
            self.quarantine(lease.job, None, "its lane is missing")?;
            return Ok(None);
        };
        lane.counts.in_flight -= 1;
        Ok(Some(lane))
    }

    fn settle_delayed(&mut self) -> Step<u64> {
        let due = self
            .sql
            .prepare_cached(
                "DELETE FROM fairlane_delayed WHERE queue = ?1 AND due_at <= ?2
                 RETURNING due_at, job",
            )?
            .query_map([self.queue.id, self.now], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(Millis, i64)>>>()?;
        let mut due = due;
        // RETURNING promises no order.
        due.sort_unstable();
        for (_, id) in &due {
            self.queue.counts.delayed -= 1;
            match JobRow::load(self.sql, *id)? {
                Ok(job) => {
                    let Some(mut lane) = self.take(job.lane)? else {
                        self.quarantine(*id, None, "its lane is missing")?;
                        continue;
                    };
                    lane.counts.delayed -= 1;
                    self.put_back(job, lane)?;
                }
                Err(damage) => {
                    let lane = self.lane_of_damaged(*id)?;
                    self.quarantine(*id, lane, &damage)?;
                    self.recount_delayed()?;
                }
            }
        }
        Ok(due.len() as u64)
    }

    fn settle_throttled(&mut self) -> Step<u64> {
        self.flush()?;
        let woken = self
            .sql
            .prepare_cached(
                "SELECT id FROM fairlane_lane WHERE queue = ?1 AND wakes_at <= ?2
                 ORDER BY wakes_at, name",
            )?
            .query_map([self.queue.id, self.now], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        for id in &woken {
            if let Some(lane) = self.take(*id)? {
                self.put(lane)?;
            }
        }
        self.flush()?;
        Ok(woken.len() as u64)
    }

    pub(super) fn next_due_but_leases(&self) -> Step<Millis> {
        self.next_due_but_leases_and_ticks_until(Millis::MIN)
    }

    /// Does the same, but passes ticks over that come no later than that moment.
    pub(super) fn next_due_but_leases_and_ticks_until(&self, moment: Millis) -> Step<Millis> {
        let due = self
            .sql
            .prepare_cached(
                "SELECT min(ifnull((SELECT min(due_at) FROM fairlane_delayed WHERE queue = ?1), ?2),
                            ifnull((SELECT min(wakes_at) FROM fairlane_lane
                                    WHERE queue = ?1 AND wakes_at IS NOT NULL), ?2),
                            ifnull((SELECT min(next_at) FROM fairlane_schedule
                                    WHERE queue = ?1 AND next_at > ?3), ?2))",
            )?
            .query_row(params![self.queue.id, NEVER, moment], |row| row.get(0))?;
        Ok(due)
    }
}

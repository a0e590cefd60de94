//! Repairing: rows of jobs are believed, and all else is put in order by them, a step a transaction.

use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::{BLOCKED, DELAYED, JobRow, READY};
use crate::store::sqlite::run::leave_order;
use crate::store::sqlite::settle::LEAVE_FLIGHT;
use crate::store::sqlite::step::Step;
use crate::store::{LAPSED, Repaired};

/// How many rows one step looks at.
const AT_ONCE: i64 = 500;

/// What a step looks at: each goes on behind the row that is given.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    /// The jobs up to this one, the latest first: whether they can be read and stand somewhere.
    Jobs(i64),
    /// The places behind this lane, rank and position: whether they name jobs that stand there.
    Places([i64; 3]),
    /// The delayed and the blocked, by lane.
    Counts,
    /// The lanes behind this one: their counters and whether they are ready.
    Lanes(i64),
    /// The sums.
    Queue,
}

impl Call<'_> {
    /// Does one step; gives the next.
    pub(super) fn repair(&mut self, stage: Stage) -> Step<(Option<Stage>, Repaired)> {
        // The rows are to tell the truth, and nothing else is.
        self.flush()?;
        self.forget_all();
        self.touch();
        let mut found = Repaired::default();
        let quarantined = self.queue.quarantined;
        let next = match stage {
            Stage::Jobs(up_to) => Some(self.repair_jobs(up_to, &mut found)?),
            Stage::Places(behind) => Some(self.repair_places(behind, &mut found)?),
            Stage::Counts => Some(self.repair_counts(&mut found)?),
            Stage::Lanes(behind) => Some(self.repair_lanes(behind, &mut found)?),
            Stage::Queue => {
                self.repair_sums(&mut found)?;
                None
            }
        };
        found.lost_jobs = (self.queue.quarantined - quarantined).unsigned_abs();
        Ok((next, found))
    }

    fn repair_jobs(&mut self, up_to: i64, found: &mut Repaired) -> Step<Stage> {
        let (first, last) = self.queue.job_range();
        let jobs: Vec<(i64, bool)> = self
            .sql
            .prepare_cached(
                "SELECT id, payload IS NULL
                    AND NOT EXISTS (SELECT 1 FROM fairlane_payload WHERE job = id)
                 FROM fairlane_job WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3",
            )?
            .query_map([first, last.min(up_to), AT_ONCE], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let Some((earliest, _)) = jobs.last().copied() else {
            return Ok(Stage::Places([i64::MIN; 3]));
        };
        for (id, lacks_payload) in jobs {
            found.jobs += 1;
            match JobRow::load(self.sql, id)? {
                _ if lacks_payload => self.quarantine(id, None, "its payload is missing")?,
                Err(damage) => self.quarantine(id, None, &damage)?,
                Ok(job) => found.placed_jobs += u64::from(self.repair_job(job)?),
            }
        }
        Ok(Stage::Jobs(earliest - 1))
    }

    /// Puts a job into its place; tells whether it stood elsewhere or nowhere.
    fn repair_job(&mut self, job: JobRow) -> Step<bool> {
        let Some(lane) = self.take(job.lane)?.filter(|lane| lane.id >= 0) else {
            self.quarantine(job.id, None, "its lane is missing")?;
            return Ok(false);
        };
        let is_keyed = self.repair_key(&job)?;
        let is_in_flight = self.is_there(
            "SELECT 1 FROM fairlane_place WHERE lane = ?1 AND rank = -1 AND position = ?2",
            &[job.lane, job.id],
        )?;
        let is_placed = match job.state {
            _ if is_in_flight => job.state == READY,
            READY => self.is_there(
                "SELECT 1 FROM (SELECT position, job, last FROM fairlane_place
                    WHERE lane = ?1 AND rank = ?2 AND position <= ?3
                    ORDER BY position DESC LIMIT 1)
                 WHERE job + ?3 - position = ?4 AND last >= ?4",
                &[job.lane, job.rank(), job.position, job.id],
            )?,
            DELAYED => self.is_there(
                "SELECT 1 FROM fairlane_delayed WHERE queue = ?1 AND due_at = ?2 AND job = ?3",
                &[self.queue.id, job.due_at.unwrap_or(i64::MAX), job.id],
            )?,
            BLOCKED => self.is_there(
                "SELECT 1 FROM fairlane_job WHERE id = ?1
                 UNION ALL SELECT 1 FROM fairlane_dead WHERE id = ?1",
                &[job.after.unwrap_or(0)],
            )?,
            _ => false,
        };
        if is_placed {
            self.put_untouched(lane);
            return Ok(!is_keyed);
        }
        let mut job = job;
        if is_in_flight {
            job.state = READY;
            job.save(self.sql)?;
            self.put_untouched(lane);
        } else if job.state == DELAYED {
            let due_at = job.due_at.unwrap_or(self.now);
            self.put_delayed(job, lane, due_at)?;
        } else if job.state == READY {
            // Nobody knows whether a worker has it: it is taken for one whose lease has lapsed.
            job.tries += 1;
            job.lapses += 1;
            job.deliveries += 1;
            self.queue.lapsed += 1;
            if job.max_tries >= 0 && job.tries >= job.max_tries {
                job.error = Some(LAPSED.to_owned());
                self.put_untouched(lane);
                self.bury(job)?;
            } else {
                self.put_front(job, lane)?;
            }
        } else {
            // The one that it waited for is gone: it has completed.
            self.put_back(job, lane)?;
        }
        Ok(true)
    }

    /// Gives a job its key back if nobody holds it; tells whether that was so already.
    fn repair_key(&mut self, job: &JobRow) -> Step<bool> {
        let Some(key) = &job.key else { return Ok(true) };
        if key.generation != self.queue.key_generation || self.key_holder(&key.name)?.is_some() {
            return Ok(true);
        }
        self.hold_key(&key.name, job.id, key.until)?;
        Ok(false)
    }

    fn is_there(&self, text: &str, values: &[i64]) -> Step<bool> {
        Ok(self.sql.prepare_cached(text)?.exists(rusqlite::params_from_iter(values))?)
    }

    fn repair_places(&mut self, behind: [i64; 3], found: &mut Repaired) -> Step<Stage> {
        let (first, last) = self.queue.job_range();
        let [lane, rank, position] = behind;
        let places: Vec<[i64; 5]> = self
            .sql
            .prepare_cached(
                "SELECT lane, rank, position, job, ifnull(last, job) FROM fairlane_place
                 WHERE (lane, rank, position) > (?1, ?2, ?3) AND job BETWEEN ?4 AND ?5
                 ORDER BY lane, rank, position LIMIT ?6",
            )?
            .query_map([lane, rank, position, first, last, AT_ONCE], |row| {
                Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])
            })?
            .collect::<rusqlite::Result<_>>()?;
        let Some([lane, rank, position, ..]) = places.last().copied() else {
            return Ok(Stage::Counts);
        };
        for place in places {
            self.repair_place(place, found)?;
        }
        Ok(Stage::Places([lane, rank, position]))
    }

    /// Takes the jobs out of a row of places that do not stand there.
    fn repair_place(&mut self, place: [i64; 5], found: &mut Repaired) -> Step<()> {
        let [lane, rank, position, first, last] = place;
        let condition = if rank < 0 {
            "state = 0 AND id = ?5 AND ?4 < 0"
        } else {
            "state = 0 AND 9 - priority = ?4 AND position = ?5 + id - ?1
             AND NOT EXISTS (SELECT 1 FROM fairlane_place AS flight
                WHERE flight.lane = ?3 AND flight.rank = -1 AND flight.position = id)"
        };
        let standing: Vec<i64> = self
            .sql
            .prepare_cached(&format!(
                "SELECT id FROM fairlane_job WHERE id BETWEEN ?1 AND ?2 AND lane = ?3 AND {condition}
                 ORDER BY id"
            ))?
            .query_map([first, last, lane, rank, position], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        if standing.len() as i64 == last - first + 1 {
            return Ok(());
        }
        for id in (first..=last).filter(|id| standing.binary_search(id).is_err()) {
            if rank < 0 {
                self.sql.prepare_cached(LEAVE_FLIGHT)?.execute([lane, position])?;
            } else {
                let at = position + id - first;
                leave_order(self.sql, [lane, rank], [at, at])?;
            }
            found.dropped_entries += 1;
            self.quarantine_if_missing(id)?;
        }
        Ok(())
    }

    fn quarantine_if_missing(&mut self, id: i64) -> Step<()> {
        let was_given = id < self.queue.row_of(self.queue.next_job);
        let is_known = "SELECT 1 FROM fairlane_job WHERE id = ?1
             UNION ALL SELECT 1 FROM fairlane_quarantine WHERE job = ?1";
        if was_given && !self.is_there(is_known, &[id])? {
            self.quarantine(id, None, "its row is missing")?;
        }
        Ok(())
    }

    /// Counts the delayed and the blocked of all lanes in one step: they do not stand by lane.
    fn repair_counts(&mut self, found: &mut Repaired) -> Step<Stage> {
        let (first, last) = self.queue.job_range();
        let strays: Vec<i64> = self
            .sql
            .prepare_cached(
                "DELETE FROM fairlane_delayed WHERE queue = ?1 AND NOT EXISTS (
                    SELECT 1 FROM fairlane_job AS job WHERE job.id = fairlane_delayed.job
                    AND state = 1 AND job.due_at = fairlane_delayed.due_at) RETURNING job",
            )?
            .query_map([self.queue.id], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for id in strays {
            found.dropped_entries += 1;
            self.quarantine_if_missing(id)?;
        }
        self.flush()?;
        let wrong: Vec<[i64; 3]> = self
            .sql
            .prepare_cached(
                "WITH counted (lane, delayed, blocked) AS (
                    SELECT lane, sum(state = 1), sum(state = 2) FROM (
                        SELECT lane, state FROM fairlane_delayed CROSS JOIN fairlane_job ON id = job
                        WHERE queue = ?1
                        UNION ALL SELECT lane, state FROM fairlane_job
                        WHERE state = 2 AND id BETWEEN ?2 AND ?3) GROUP BY lane)
                 SELECT id, ifnull(counted.delayed, 0) AS is_delayed,
                    ifnull(counted.blocked, 0) AS is_blocked
                 FROM fairlane_lane AS lane LEFT JOIN counted ON counted.lane = lane.id
                 WHERE queue = ?1 AND id >= 0
                 AND (lane.delayed <> is_delayed OR lane.blocked <> is_blocked)",
            )?
            .query_map([self.queue.id, first, last], |row| {
                Ok([row.get(0)?, row.get(1)?, row.get(2)?])
            })?
            .collect::<rusqlite::Result<_>>()?;
        for [id, delayed, blocked] in wrong {
            if let Some(mut lane) = self.take(id)? {
                (lane.counts.delayed, lane.counts.blocked) = (delayed, blocked);
                found.mended_lanes += 1;
                self.put(lane)?;
            }
        }
        Ok(Stage::Lanes(-1))
    }

    fn repair_lanes(&mut self, behind: i64, found: &mut Repaired) -> Step<Stage> {
        let lanes: Vec<[i64; 3]> = self
            .sql
            .prepare_cached(
                "SELECT id,
                    (SELECT ifnull(sum(last - job + 1), 0) FROM fairlane_place
                     WHERE lane = fairlane_lane.id AND rank >= 0),
                    (SELECT count(*) FROM fairlane_place WHERE lane = fairlane_lane.id AND rank = -1)
                 FROM fairlane_lane WHERE id > ?1 AND +queue = ?2 ORDER BY id LIMIT ?3",
            )?
            .query_map([behind, self.queue.id, AT_ONCE], |row| {
                Ok([row.get(0)?, row.get(1)?, row.get(2)?])
            })?
            .collect::<rusqlite::Result<_>>()?;
        let Some([last, ..]) = lanes.last().copied() else { return Ok(Stage::Queue) };
        for [id, ready, in_flight] in lanes {
            let Some(mut lane) = self.take(id)? else { continue };
            let before = lane.clone();
            (lane.counts.ready, lane.counts.in_flight) = (ready, in_flight);
            self.put(lane)?;
            let is_same = self.lanes.get(&id).is_some_and(|lane| {
                (lane.counts, lane.turn, lane.wakes_at)
                    == (before.counts, before.turn, before.wakes_at)
            });
            found.mended_lanes += u64::from(!is_same);
        }
        Ok(Stage::Lanes(last))
    }
}

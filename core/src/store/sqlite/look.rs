//! Looking, without changing anything.

use rusqlite::OptionalExtension;

use crate::error::{Error, ErrorCode};
use crate::job::{JobInfo, JobState};
use crate::lane::{LaneInfo, Stats};
use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::JobRow;
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::queue_row::number_of;
use crate::store::sqlite::step::Step;

impl Call<'_> {
    /// Counts.
    pub(super) fn stats(&self) -> Step<Stats> {
        let queue = &self.queue;
        Ok(Stats {
            counts: queue.counts,
            dead: queue.dead,
            quarantined: queue.quarantined,
            lanes: self.count_lanes()?,
            paused: queue.gate.paused,
            limits: queue.gate.limits,
            pushed: queue.pushed,
            completed: queue.completed,
            retried: queue.retried,
            died: queue.died,
            lapsed: queue.lapsed,
        })
    }

    /// Counts the lanes that are not gone; the statement says what [`Call::looks_gone`] says.
    fn count_lanes(&self) -> Step<i64> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT count(*) FROM fairlane_lane WHERE queue = ?1 AND name > '' AND (
                    ready + delayed + blocked + in_flight > 0 OR kept OR paused
                    OR throttled_until > ?2 OR start > ?3 OR (rate_used > 0 AND EXISTS (
                        SELECT 1 FROM fairlane_start
                        WHERE gate = fairlane_lane.id AND at > ?2 - rate_window)))",
            )?
            .query_row([self.queue.id, self.now, self.queue.virtual_time], |row| row.get(0))?)
    }

    /// Lists up to `limit` lanes that are not gone by name, from the first name greater than `after`.
    pub(super) fn lanes(&self, after: &str, limit: usize) -> Step<Vec<Lane>> {
        let mut after = after.to_owned();
        let mut lanes = Vec::new();
        while lanes.len() < limit {
            let page = Lane::list(self.sql, self.queue.id, &after, limit.min(1_000))?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.name);
            for lane in page {
                if lanes.len() < limit && !self.looks_gone(&lane)? {
                    lanes.push(lane);
                }
            }
        }
        Ok(lanes)
    }

    /// Tells whether a lane is gone, without pruning its starts.
    fn looks_gone(&self, lane: &Lane) -> Step<bool> {
        if !lane.is_bare(self.now) || lane.start > self.queue.virtual_time {
            return Ok(false);
        }
        Ok(self.starts(lane.id, lane.gate.limits.rate.window)?.is_empty())
    }

    /// Lists the starts of a gate within its window.
    pub(super) fn starts(&self, id: i64, window: i64) -> Step<Vec<(i64, i64)>> {
        let starts = self
            .sql
            .prepare_cached(
                "SELECT at, cost FROM fairlane_start WHERE gate = ?1 AND at > ?2 ORDER BY at",
            )?
            .query_map([id, self.now - window], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(starts)
    }

    /// Looks at one lane.
    pub(super) fn lane(&self, name: &str) -> Step<Option<LaneInfo>> {
        match Lane::by_name(self.sql, self.queue.id, name)? {
            Some(lane) if !self.looks_gone(&lane)? => Ok(Some(lane_info(lane))),
            _ => Ok(None),
        }
    }

    /// Looks at a job, dead ones included.
    pub(super) fn get(&self, id: i64) -> Step<Option<JobInfo>> {
        match JobRow::load_whole(self.sql, id)? {
            Ok((job, payload)) => Ok(Some(self.live_info(job, payload)?.0)),
            Err(damage) if self.exists(id)? => Err(Error::new(
                ErrorCode::Corrupt,
                format!("job {} is damaged: {damage}", number_of(id)),
            )
            .into()),
            Err(_) => Ok(self.dead(id)?.map(|dead| dead.info(self.queue.key_generation))),
        }
    }

    fn exists(&self, id: i64) -> Step<bool> {
        Ok(self.sql.prepare_cached("SELECT 1 FROM fairlane_job WHERE id = ?1")?.exists([id])?)
    }

    /// Shows a live job and the number of its last delivery.
    pub(super) fn live_info(&self, job: JobRow, payload: Vec<u8>) -> Step<(JobInfo, u64)> {
        let lane: Option<String> = self
            .sql
            .prepare_cached("SELECT name FROM fairlane_lane WHERE id = ?1")?
            .query_row([job.lane], |row| row.get(0))
            .optional()?;
        let parent_dead = match job.after {
            Some(parent) if Self::is_blocked(&job) => self.is_dead(parent)?,
            _ => false,
        };
        let lease = self.lease(job.id)?;
        let deliveries = job.deliveries as u64;
        let info = job.info(self.queue.key_generation, lane.unwrap_or_default(), payload);
        Ok(match lease {
            Some(lease) => (
                JobInfo {
                    state: JobState::Leased,
                    tries: info.tries + 1,
                    lease_until: Some(lease.until),
                    ..info
                },
                lease.delivery as u64,
            ),
            None => (JobInfo { parent_dead, ..info }, deliveries),
        })
    }

    /// Lists the ids of the first `count` ready jobs of a lane.
    pub(super) fn ready_jobs(&self, lane: i64, count: usize) -> Step<Vec<i64>> {
        let mut jobs = Vec::new();
        let mut statement = self.sql.prepare_cached(
            "SELECT job, last FROM fairlane_place WHERE lane = ?1 AND rank >= 0
             ORDER BY rank, position",
        )?;
        let mut runs = statement.query([lane])?;
        while jobs.len() < count
            && let Some(run) = runs.next()?
        {
            let run: std::ops::RangeInclusive<i64> = run.get(0)?..=run.get(1)?;
            jobs.extend(run.take(count - jobs.len()));
        }
        Ok(jobs)
    }

    /// Looks at the first `count` ready jobs of a lane; damaged ones are passed over.
    pub(super) fn peek(&self, lane: &str, count: usize) -> Step<Vec<JobInfo>> {
        let Some(lane) = Lane::by_name(self.sql, self.queue.id, lane)? else {
            return Ok(Vec::new());
        };
        let mut jobs = Vec::new();
        for id in self.ready_jobs(lane.id, count)? {
            if let Ok((job, payload)) = JobRow::load_whole(self.sql, id)? {
                jobs.push(self.live_info(job, payload)?.0);
            }
        }
        Ok(jobs)
    }
}

/// Shows a lane.
pub(super) fn lane_info(lane: Lane) -> LaneInfo {
    LaneInfo {
        state: lane.state(),
        name: lane.name,
        counts: lane.counts,
        limits: lane.gate.limits,
        paused: lane.gate.paused,
        wakes_at: lane.wakes_at,
    }
}

//! The whole state of a queue, in a form in which equal states are equal.

use rusqlite::params;

use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::JobRow;
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::queue_row::number_of;
use crate::store::sqlite::step::Step;
use crate::store::{Dump, LaneDump};
use crate::token::JobId;

impl Call<'_> {
    /// Reads the whole state.
    pub(super) fn dump(&self) -> Step<Dump> {
        let queue = &self.queue;
        let mut dump = Dump {
            virtual_time: queue.virtual_time,
            stats: self.stats()?,
            throttled_until: Some(queue.gate.throttled_until).filter(|until| *until > self.now),
            history: self.starts(self.queue_gate(), queue.gate.limits.rate.window)?,
            ready: self.names_of_ready_lanes()?,
            keys: self.held_keys()?,
            holds: self.holds()?,
            schedules: self.schedules()?,
            results: self.results_kept()?,
            ..Dump::default()
        };
        for lane in self.lanes("", usize::MAX)? {
            let ready = self.ready_jobs(lane.id, usize::MAX)?;
            dump.lanes.push(LaneDump {
                start: lane.start.max(queue.virtual_time),
                counts: lane.counts,
                limits: lane.gate.limits,
                paused: lane.gate.paused,
                throttled_until: Some(lane.gate.throttled_until).filter(|until| *until > self.now),
                history: self.starts(lane.id, lane.gate.limits.rate.window)?,
                ready: ready.into_iter().map(|id| JobId(number_of(id))).collect(),
                name: lane.name,
            });
        }
        for id in self.live_jobs()? {
            if let Ok((job, payload)) = JobRow::load_whole(self.sql, id)? {
                dump.jobs.push(self.live_info(job, payload)?);
            }
        }
        for dead in self.failed(usize::MAX)? {
            let deliveries = dead.deliveries();
            dump.dead.push((dead.info(queue.key_generation), deliveries));
        }
        dump.dead.sort_unstable_by_key(|(job, _)| job.id);
        Ok(dump)
    }

    fn names_of_ready_lanes(&self) -> Step<Vec<String>> {
        let mut lanes = Lane::few_ready(self.sql, self.queue.id)?;
        lanes.extend(Lane::many_ready(self.sql, self.queue.id)?);
        lanes.sort_unstable_by_key(Lane::order);
        Ok(lanes.into_iter().map(|lane| lane.name).collect())
    }

    fn live_jobs(&self) -> Step<Vec<i64>> {
        let (first, last) = self.queue.job_range();
        let jobs = self
            .sql
            .prepare_cached("SELECT id FROM fairlane_job WHERE id BETWEEN ?1 AND ?2 ORDER BY id")?
            .query_map([first, last], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(jobs)
    }

    /// Lists the keys that are held; a time that is over is told as 0, as it holds nothing.
    fn held_keys(&self) -> Step<Vec<(String, JobId, i64)>> {
        let keys = self
            .sql
            .prepare_cached(
                "SELECT name, job, iif(held_until > ?3, held_until, 0) FROM fairlane_key
                 WHERE queue = ?1 AND generation = ?2 AND (live = 1 OR held_until > ?3)
                 ORDER BY name",
            )?
            .query_map(params![self.queue.id, self.queue.key_generation, self.now], |row| {
                Ok((row.get(0)?, JobId(number_of(row.get(1)?)), row.get(2)?))
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(keys)
    }
}

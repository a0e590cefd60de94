//! Looking, which moves nothing and reads no clock.

use crate::job::JobInfo;
use crate::lane::{Counts, LaneInfo, Stats};
use crate::store::model::state::{Entry, Holding, Lane, State};
use crate::store::{Dump, HoldDump, LaneDump};
use crate::token::JobId;

impl State {
    pub(super) fn stats(&self) -> Stats {
        let mut counts = Counts::default();
        for lane in self.lanes.values() {
            counts.ready += lane.counts.ready;
            counts.delayed += lane.counts.delayed;
            counts.blocked += lane.counts.blocked;
            counts.in_flight += lane.counts.in_flight;
        }
        Stats {
            counts,
            dead: self.dead.len() as i64,
            quarantined: 0,
            lanes: self.lanes_there().count() as i64,
            paused: self.paused,
            limits: self.limits,
            pushed: self.sums.pushed,
            completed: self.sums.completed,
            retried: self.sums.retried,
            died: self.sums.died,
            lapsed: self.sums.lapsed,
        }
    }

    /// Lists the lanes that are not gone, by name.
    fn lanes_there(&self) -> impl Iterator<Item = (&String, &Lane)> {
        self.lanes.iter().filter(|(_, lane)| !lane.is_gone(self.now, self.virtual_time))
    }

    pub(super) fn lane_infos(&self, after: Option<&str>, limit: usize) -> Vec<LaneInfo> {
        self.lanes_there()
            .filter(|(name, _)| after.is_none_or(|after| name.as_str() > after))
            .take(limit)
            .map(|(name, lane)| LaneInfo {
                name: name.clone(),
                state: lane.state,
                counts: lane.counts,
                limits: lane.limits,
                paused: lane.paused,
                wakes_at: lane.wakes_at,
            })
            .collect()
    }

    pub(super) fn lane_info(&self, name: &str) -> Option<LaneInfo> {
        self.lane_infos(None, usize::MAX).into_iter().find(|lane| lane.name == name)
    }

    pub(super) fn get(&self, id: JobId) -> Option<JobInfo> {
        let entry = self.jobs.get(&id).or_else(|| self.dead.get(&id))?;
        Some(self.info(id, entry))
    }

    pub(super) fn peek(&self, name: &str, count: usize) -> Vec<JobInfo> {
        let ready = self.lanes.get(name).map_or(&[][..], |lane| &lane.ready);
        ready.iter().take(count).filter_map(|id| self.get(*id)).collect()
    }

    pub(super) fn failed(&self, count: usize) -> Vec<JobInfo> {
        let latest_first = self.dead_by_age().into_iter().rev();
        latest_first.take(count).filter_map(|id| self.get(id)).collect()
    }

    fn info(&self, id: JobId, entry: &Entry) -> JobInfo {
        JobInfo {
            id,
            state: entry.state,
            lane: entry.job.lane.clone(),
            payload: entry.job.payload.clone(),
            priority: entry.job.priority,
            cost: entry.job.cost,
            tries: entry.tries,
            max_tries: entry.job.max_tries,
            lapses: entry.lapses,
            pushed_at: entry.pushed_at,
            due_at: entry.due_at,
            lease_until: entry.lease_until,
            died_at: entry.died_at,
            key: entry.key().map(str::to_owned),
            after: entry.job.after,
            parent_dead: entry.job.after.is_some_and(|parent| self.dead.contains_key(&parent)),
            error: entry.error.clone(),
            headers: entry.job.headers.clone(),
        }
    }

    pub(super) fn dump(&self) -> Dump {
        let with_deliveries =
            |(id, entry): (&JobId, &Entry)| (self.info(*id, entry), entry.deliveries);
        let mut keys = Vec::new();
        for (name, hold) in &self.keys {
            if self.holder(name).is_some() {
                let until = if hold.until > self.now { hold.until } else { 0 };
                keys.push((name.clone(), hold.holder, until));
            }
        }
        Dump {
            virtual_time: self.virtual_time,
            stats: self.stats(),
            throttled_until: self.throttled_until.filter(|until| *until > self.now),
            history: self.history.within_window(self.now, self.limits.rate),
            ready: self.ready_lanes().into_iter().cloned().collect(),
            lanes: self.lanes_there().map(|(name, lane)| self.lane_dump(name, lane)).collect(),
            jobs: self.jobs.iter().map(with_deliveries).collect(),
            dead: self.dead.iter().map(with_deliveries).collect(),
            keys,
            holds: self.holds_there().collect(),
            schedules: self.schedules(),
            results: self.results_kept(),
        }
    }

    fn holds_there(&self) -> impl Iterator<Item = HoldDump> {
        let there = self.holds.iter().filter(|(_, holding)| holding.ends_at > self.now);
        there.map(|(key, Holding { owner, kept_until, ends_at })| HoldDump {
            key: key.clone(),
            owner: *owner,
            kept_until: *kept_until,
            ends_at: *ends_at,
        })
    }

    fn lane_dump(&self, name: &str, lane: &Lane) -> LaneDump {
        LaneDump {
            name: name.to_owned(),
            start: lane.start.max(self.virtual_time),
            counts: lane.counts,
            limits: lane.limits,
            paused: lane.paused,
            throttled_until: lane.throttled_until.filter(|until| *until > self.now),
            history: lane.starts_within_window(self.now),
            ready: lane.ready.clone(),
        }
    }
}

//! Popping: which lane is next, and what a start costs it.

use crate::clock::Millis;
use crate::fair;
use crate::job::{Job, JobState};
use crate::lane::LaneState;
use crate::store::model::state::State;
use crate::store::{Ask, Batch};
use crate::token::{JobId, Token};

impl State {
    pub(super) fn pop(&mut self, ask: Ask) -> Batch {
        let mut jobs = Vec::new();
        let mut opens_at = None;
        while jobs.len() < ask.count && self.may_start() {
            let Some(id) = self.next_job() else { break };
            opens_at = self.queue_opens_at(id);
            if opens_at.is_some() {
                break;
            }
            jobs.extend(self.start(id, ask.lease));
        }
        let is_short = jobs.len() < ask.count;
        let next_due = if is_short { self.next_due(opens_at) } else { None };
        Batch { jobs, next_due, has_tick: self.has_tick() }
    }

    /// Tells whether the queue as a whole lets a job start, its rate apart.
    fn may_start(&self) -> bool {
        let in_flight: i64 = self.lanes.values().map(|lane| lane.counts.in_flight).sum();
        let is_capped = self.limits.max_in_flight > 0 && in_flight >= self.limits.max_in_flight;
        !self.paused && !is_capped && self.throttled_until.is_none()
    }

    /// Lists the ready lanes in the order in which they would be served.
    pub(super) fn ready_lanes(&self) -> Vec<&String> {
        let mut ready = Vec::new();
        for (name, lane) in &self.lanes {
            if lane.state == LaneState::Ready {
                let load = fair::load(lane.counts.in_flight, lane.limits.weight);
                ready.push((load, lane.start, lane.turn, name));
            }
        }
        ready.sort();
        ready.into_iter().map(|(.., name)| name).collect()
    }

    fn next_job(&self) -> Option<JobId> {
        let name = self.ready_lanes().first().copied()?;
        self.lanes.get(name)?.ready.first().copied()
    }

    /// Gives the moment at which the queue's own rate admits a job; `None` if it does so now.
    fn queue_opens_at(&self, id: JobId) -> Option<Millis> {
        let cost = self.jobs.get(&id)?.job.cost;
        self.history.next_start(cost, self.limits.rate)
    }

    fn start(&mut self, id: JobId, lease: Millis) -> Option<Job> {
        let now = self.now;
        self.set_state(id, JobState::Leased);
        let entry = self.jobs.get_mut(&id)?;
        entry.tries += 1;
        entry.deliveries += 1;
        entry.lease_until = Some(now + lease);
        let job = Job {
            id,
            token: Token { job: id, delivery: entry.deliveries, queue: self.tag },
            lane: entry.job.lane.clone(),
            payload: entry.job.payload.clone(),
            priority: entry.job.priority,
            cost: entry.job.cost,
            tries: entry.tries,
            max_tries: entry.job.max_tries,
            lapses: entry.lapses,
            pushed_at: entry.pushed_at,
            started_at: now,
            lease_until: (lease > 0).then_some(now + lease),
            key: entry.key().map(str::to_owned),
            after: entry.job.after,
            error: entry.error.clone(),
            headers: entry.job.headers.clone(),
        };

        let lane = self.lanes.get_mut(&job.lane)?;
        self.virtual_time = self.virtual_time.max(lane.start);
        lane.start = self.virtual_time + fair::charge(job.cost, lane.limits.weight);
        self.highest_start = self.highest_start.max(lane.start);
        lane.history.remember(now, job.cost, lane.limits.rate);
        self.history.remember(now, job.cost, self.limits.rate);

        if lease == 0 {
            self.complete(id);
        } else {
            self.look_again(&job.lane);
        }
        Some(job)
    }

    fn next_due(&self, opens_at: Option<Millis>) -> Option<Millis> {
        let of_jobs = self.jobs.values().flat_map(|entry| match entry.state {
            JobState::Delayed => entry.due_at,
            JobState::Leased => entry.lease_until,
            _ => None,
        });
        let of_lanes = self.lanes.values().flat_map(|lane| lane.wakes_at);
        let of_schedules = self.schedules.values().map(|info| info.next_at);
        let of_schedules = of_schedules.filter(|next_at| *next_at > self.now);
        let of_queue = self.throttled_until.into_iter().chain(opens_at);
        of_jobs.chain(of_lanes).chain(of_queue).chain(of_schedules).min()
    }
}

//! What a queue is made of, and the moves that the verbs have in common.

use std::collections::BTreeMap;

use crate::clock::Millis;
use crate::error::Result;
use crate::fair;
use crate::job::{JobState, NewJob};
use crate::lane::{Counts, LaneState};
use crate::limits::{Limits, Rate};
use crate::schedule::ScheduleInfo;
use crate::store::Owner;
use crate::token::JobId;

/// The whole state of a queue.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) tag: u32,
    pub(super) max_failed: u64,
    /// The latest moment that a changing call recorded.
    pub(super) now: Millis,
    /// `V` of the rules.
    pub(super) virtual_time: i64,
    /// The highest `start` ever given.
    pub(super) highest_start: i64,
    pub(super) next_turn: u64,
    pub(super) next_id: u64,
    pub(super) limits: Limits,
    pub(super) paused: bool,
    pub(super) throttled_until: Option<Millis>,
    pub(super) history: History,
    pub(super) lanes: BTreeMap<String, Lane>,
    /// The jobs that are ready, delayed, blocked or leased.
    pub(super) jobs: BTreeMap<JobId, Entry>,
    pub(super) dead: BTreeMap<JobId, Entry>,
    pub(super) keys: BTreeMap<String, Hold>,
    pub(super) holds: BTreeMap<String, Holding>,
    pub(super) schedules: BTreeMap<String, ScheduleInfo>,
    pub(super) results: BTreeMap<JobId, Kept>,
    pub(super) sums: Sums,
}

/// A job and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The job as it was pushed; its key is taken out when it lost it.
    pub(super) job: NewJob,
    pub(super) state: JobState,
    pub(super) tries: i64,
    pub(super) lapses: i64,
    pub(super) deliveries: u64,
    pub(super) pushed_at: Millis,
    pub(super) due_at: Option<Millis>,
    pub(super) lease_until: Option<Millis>,
    pub(super) died_at: Option<Millis>,
    pub(super) error: Option<String>,
}

/// A lane and what the last look at it found.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    pub(super) start: i64,
    pub(super) turn: u64,
    pub(super) state: LaneState,
    pub(super) wakes_at: Option<Millis>,
    pub(super) counts: Counts,
    /// The ready jobs in order, the foremost first.
    pub(super) ready: Vec<JobId>,
    pub(super) limits: Limits,
    /// Whether limits were set apart from a push, so that they outlive the work.
    pub(super) kept: bool,
    pub(super) paused: bool,
    pub(super) throttled_until: Option<Millis>,
    pub(super) history: History,
}

/// The end of a lane at which a job is put, within its priority.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Front,
    Back,
}

/// Who holds a key, and until when even if that job ends before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hold {
    pub(super) holder: JobId,
    pub(super) until: Millis,
}

/// Who has taken a key for work of its own, and until when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holding {
    pub(super) owner: Owner,
    pub(super) kept_until: Millis,
    pub(super) ends_at: Millis,
}

/// The result of a completed job.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) value: Vec<u8>,
    pub(super) until: Millis,
}

/// What has happened since the queue was made.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub(super) pushed: i64,
    pub(super) completed: i64,
    pub(super) retried: i64,
    pub(super) died: i64,
    pub(super) lapsed: i64,
}

/// The starts `(moment, cost)` younger than a rate's window, oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct History(pub(super) Vec<(Millis, i64)>);

impl History {
    pub(super) fn remember(&mut self, now: Millis, cost: i64, rate: Rate) {
        if rate.is_unlimited() {
            return;
        }
        let cost = fair::rate_cost(cost, rate);
        match self.0.last_mut() {
            Some((moment, sum)) if *moment == now => *sum += cost,
            _ => self.0.push((now, cost)),
        }
    }

    pub(super) fn prune(&mut self, now: Millis, rate: Rate) {
        self.0.retain(|(moment, _)| !rate.is_unlimited() && *moment > now - rate.window);
    }

    pub(super) fn next_start(&self, cost: i64, rate: Rate) -> Option<Millis> {
        let used = self.0.iter().map(|(_, cost)| cost).sum();
        fair::next_start(rate, cost, used, self.0.iter().copied())
    }

    pub(super) fn shift(&mut self, by: Millis) {
        self.0.iter_mut().for_each(|(moment, _)| *moment -= by);
    }
}

impl Lane {
    fn new() -> Self {
        Self {
            start: 0,
            turn: 0,
            state: LaneState::Empty,
            wakes_at: None,
            counts: Counts::default(),
            ready: Vec::new(),
            limits: Limits::default(),
            kept: false,
            paused: false,
            throttled_until: None,
            history: History::default(),
        }
    }

    /// Tells why the lane is served or not and, if it is throttled, until when.
    fn readiness(&self, jobs: &BTreeMap<JobId, Entry>, now: Millis) -> (LaneState, Option<Millis>) {
        if self.paused {
            return (LaneState::Paused, None);
        }
        let Some(foremost) = self.ready.first().and_then(|id| jobs.get(id)) else {
            return (LaneState::Empty, None);
        };
        if self.limits.max_in_flight > 0 && self.counts.in_flight >= self.limits.max_in_flight {
            return (LaneState::Capped, None);
        }
        let throttle = self.throttled_until.filter(|until| *until > now);
        let wakes_at = throttle.max(self.history.next_start(foremost.job.cost, self.limits.rate));
        let state = if wakes_at.is_some() { LaneState::Throttled } else { LaneState::Ready };
        (state, wakes_at)
    }

    /// Counts a job of that state in (`by` 1) or out (`by` -1).
    pub(super) fn count(&mut self, state: JobState, by: i64) {
        match state {
            JobState::Ready => self.counts.ready += by,
            JobState::Delayed => self.counts.delayed += by,
            JobState::Blocked => self.counts.blocked += by,
            JobState::Leased => self.counts.in_flight += by,
            JobState::Dead => {}
        }
    }
}

impl State {
    pub(super) fn new(tag: u32, max_failed: u64) -> Self {
        Self {
            tag,
            max_failed,
            now: 0,
            virtual_time: 0,
            highest_start: 0,
            next_turn: 0,
            next_id: 1,
            limits: Limits::default(),
            paused: false,
            throttled_until: None,
            history: History::default(),
            lanes: BTreeMap::new(),
            jobs: BTreeMap::new(),
            dead: BTreeMap::new(),
            keys: BTreeMap::new(),
            holds: BTreeMap::new(),
            schedules: BTreeMap::new(),
            results: BTreeMap::new(),
            sums: Sums::default(),
        }
    }

    /// Does a step that may fail; a failed one has changed nothing.
    pub(super) fn all_or_nothing<T>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let before = self.clone();
        let result = step(self);
        if result.is_err() {
            *self = before;
        }
        result
    }

    /// Gives the lane of that name, made if need be.
    pub(super) fn lane_mut(&mut self, name: &str) -> &mut Lane {
        self.lanes.entry(name.to_owned()).or_insert_with(Lane::new)
    }

    /// Looks whether a lane is ready, as is done after every single change to it.
    pub(super) fn look_again(&mut self, name: &str) {
        let Some(lane) = self.lanes.get_mut(name) else {
            return;
        };
        let (state, wakes_at) = lane.readiness(&self.jobs, self.now);
        if state == LaneState::Ready && lane.state != LaneState::Ready {
            lane.start = lane.start.max(self.virtual_time);
            lane.turn = self.next_turn;
            self.next_turn += 1;
        }
        lane.state = state;
        lane.wakes_at = wakes_at;
    }

    /// Gives a live job another state and keeps the counts of its lane. The caller looks again at
    /// the lane when the move is complete.
    pub(super) fn set_state(&mut self, id: JobId, state: JobState) {
        let Some(entry) = self.jobs.get_mut(&id) else {
            return;
        };
        let Some(lane) = self.lanes.get_mut(&entry.job.lane) else {
            return;
        };
        if entry.state == JobState::Ready {
            lane.ready.retain(|other| *other != id);
        }
        lane.count(entry.state, -1);
        lane.count(state, 1);
        entry.state = state;
        if state != JobState::Leased {
            entry.lease_until = None;
        }
    }

    /// Puts a live job to an end of its lane, ready at once.
    pub(super) fn make_ready(&mut self, id: JobId, end: End) {
        self.set_state(id, JobState::Ready);
        let Some(entry) = self.jobs.get_mut(&id) else {
            return;
        };
        entry.due_at = None;
        let (name, priority) = (entry.job.lane.clone(), entry.job.priority);
        let jobs = &self.jobs;
        let Some(lane) = self.lanes.get_mut(&name) else {
            return;
        };
        let priority_of = |id: &JobId| jobs.get(id).map_or(0, |entry| entry.job.priority);
        let at = lane.ready.iter().position(|other| match end {
            End::Front => priority_of(other) <= priority,
            End::Back => priority_of(other) < priority,
        });
        lane.ready.insert(at.unwrap_or(lane.ready.len()), id);
        self.look_again(&name);
    }

    /// Makes a live job wait for `due_at`.
    pub(super) fn make_delayed(&mut self, id: JobId, due_at: Millis) {
        self.set_state(id, JobState::Delayed);
        let Some(entry) = self.jobs.get_mut(&id) else {
            return;
        };
        entry.due_at = Some(due_at);
        let name = entry.job.lane.clone();
        self.look_again(&name);
    }

    /// Gives the job that holds a key.
    pub(super) fn holder(&self, key: &str) -> Option<JobId> {
        let hold = self.keys.get(key)?;
        let live = self.jobs.get(&hold.holder).and_then(|entry| entry.key());
        (live == Some(key) || hold.until > self.now).then_some(hold.holder)
    }
}

impl Entry {
    pub(super) fn key(&self) -> Option<&str> {
        self.job.key.as_ref().map(|key| key.name.as_str())
    }

    /// Tells whether the tries are spent.
    pub(super) fn is_spent(&self) -> bool {
        self.job.max_tries >= 0 && self.tries >= self.job.max_tries
    }
}

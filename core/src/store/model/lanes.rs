//! Limits, pause and throttle of a lane or the whole queue, and when a lane is gone.

use crate::clock::Millis;
use crate::lane::Counts;
use crate::limits::{Limits, LimitsChange, Rate};
use crate::store::LaneChange;
use crate::store::model::state::{History, Lane, State};

impl State {
    pub(super) fn configure(&mut self, lane: Option<String>, change: LaneChange) {
        match lane {
            Some(name) => self.configure_lane(&name, change),
            None => self.configure_queue(change),
        }
    }

    fn configure_lane(&mut self, name: &str, change: LaneChange) {
        let now = self.now;
        let lane = self.lane_mut(name);
        match change {
            LaneChange::Limits(change) => {
                lane.limits = apply(change, lane.limits);
                lane.kept = lane.limits != Limits::default();
                lane.history.prune(now, lane.limits.rate);
            }
            LaneChange::Pause => lane.paused = true,
            LaneChange::Resume => lane.paused = false,
            LaneChange::Throttle(time) => lane.throttled_until = (time > 0).then_some(now + time),
        }
        self.look_again(name);
    }

    fn configure_queue(&mut self, change: LaneChange) {
        match change {
            LaneChange::Limits(change) => {
                self.limits = apply(change, self.limits);
                self.history.prune(self.now, self.limits.rate);
            }
            LaneChange::Pause => self.paused = true,
            LaneChange::Resume => self.paused = false,
            LaneChange::Throttle(time) => {
                self.throttled_until = (time > 0).then_some(self.now + time);
            }
        }
    }

    /// Sets the rate that came with a push. The caller looks again at the lane.
    pub(super) fn set_lane_rate(&mut self, name: &str, rate: Rate) {
        let now = self.now;
        let lane = self.lane_mut(name);
        lane.limits = apply(LimitsChange { rate: Some(rate), ..Default::default() }, lane.limits);
        lane.history.prune(now, lane.limits.rate);
    }
}

fn apply(change: LimitsChange, limits: Limits) -> Limits {
    let mut limits = change.apply(limits);
    if limits.rate.is_unlimited() {
        limits.rate = Rate::UNLIMITED;
    }
    limits
}

impl Lane {
    /// Tells whether nothing is left of the lane that could make a difference.
    pub(super) fn is_gone(&self, now: Millis, virtual_time: i64) -> bool {
        self.counts == Counts::default()
            && !self.kept
            && !self.paused
            && self.throttled_until.is_none_or(|until| until <= now)
            && self.starts_within_window(now).is_empty()
            && self.start <= virtual_time
    }

    /// Lists the starts that still count.
    pub(super) fn starts_within_window(&self, now: Millis) -> Vec<(Millis, i64)> {
        self.history.within_window(now, self.limits.rate)
    }
}

impl History {
    /// Lists the starts that still count against a rate.
    pub(super) fn within_window(&self, now: Millis, rate: Rate) -> Vec<(Millis, i64)> {
        let mut history = self.clone();
        history.prune(now, rate);
        history.0
    }
}

//! Limits, pauses and throttles, of a lane or of the whole queue.

use crate::limits::{Limits, LimitsChange, Rate};
use crate::store::LaneChange;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::gate::Gate;
use crate::store::sqlite::step::Step;

impl Call<'_> {
    /// Changes a lane, made if need be, or the whole queue.
    pub(super) fn configure(&mut self, lane: Option<&str>, change: LaneChange) -> Step<()> {
        self.touch();
        let Some(name) = lane else {
            let mut gate = self.queue.gate;
            self.change_gate(self.queue_gate(), &mut gate, change)?;
            self.queue.gate = gate;
            // What the queue holds back may be free now.
            self.entered = self.entered.max(usize::from(self.queue.ready_lanes > 0));
            return Ok(());
        };
        let mut lane = self.take_or_make(name)?;
        let mut gate = lane.gate;
        self.change_gate(lane.id, &mut gate, change)?;
        lane.gate = gate;
        if matches!(change, LaneChange::Limits(_)) {
            lane.kept = gate.limits != Limits::default();
        }
        self.put(lane)
    }

    fn change_gate(&self, id: i64, gate: &mut Gate, change: LaneChange) -> Step<()> {
        match change {
            LaneChange::Limits(change) => {
                let rate = change.rate.unwrap_or(gate.limits.rate);
                self.set_rate(id, gate, rate)?;
                gate.limits = LimitsChange { rate: None, ..change }.apply(gate.limits);
                debug_assert!(
                    !gate.limits.rate.is_unlimited() || gate.limits.rate == Rate::UNLIMITED
                );
            }
            LaneChange::Pause => gate.paused = true,
            LaneChange::Resume => gate.paused = false,
            LaneChange::Throttle(time) => gate.throttled_until = self.now + time,
        }
        Ok(())
    }
}

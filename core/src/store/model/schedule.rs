//! Schedules.

use crate::clock::Millis;
use crate::error::Result;
use crate::schedule::{Schedule, ScheduleInfo};
use crate::store::model::state::State;
use crate::store::{Firing, Ticks};

impl State {
    pub(super) fn schedule(&mut self, schedule: Schedule, next_at: Millis) {
        if self.schedules.get(&schedule.name).is_some_and(|info| info.schedule == schedule) {
            return;
        }
        let name = schedule.name.clone();
        self.schedules.insert(name, ScheduleInfo { schedule, next_at, last_at: None });
    }

    pub(super) fn unschedule(&mut self, name: &str) -> bool {
        self.schedules.remove(name).is_some()
    }

    pub(super) fn schedules(&self) -> Vec<ScheduleInfo> {
        self.schedules.values().cloned().collect()
    }

    pub(super) fn ticks(&self, count: usize) -> Ticks {
        let has_come = |info: &&ScheduleInfo| info.next_at <= self.now;
        let mut due: Vec<_> = self.schedules.values().filter(has_come).cloned().collect();
        due.sort_by_key(|info| info.next_at);
        due.truncate(count);
        Ticks { now: self.now, due }
    }

    pub(super) fn has_tick(&self) -> bool {
        !self.ticks(1).due.is_empty()
    }

    pub(super) fn fire(&mut self, firing: Firing) -> Result<bool> {
        let info = self.schedules.get(&firing.name);
        if info.is_none_or(|info| info.next_at != firing.expected) {
            return Ok(false);
        }
        self.push(firing.jobs)?;
        if let Some(info) = self.schedules.get_mut(&firing.name) {
            info.last_at = Some(firing.last_at);
            info.next_at = firing.next_at;
        }
        Ok(true)
    }
}

//! What every changing call does before and after its verb.

use crate::clock::Millis;
use crate::job::JobState;
use crate::lane::LaneState;
use crate::store::model::state::{End, Entry, Lane, State};
use crate::store::{CLOCK_TOLERANCE, LAPSED, Swept};
use crate::token::JobId;

impl State {
    /// Begins a changing call: records the moment, forgets what has passed, and settles.
    pub(super) fn begin(&mut self, clock: Millis) -> Swept {
        if clock < self.now - CLOCK_TOLERANCE {
            self.shift(self.now - clock);
            self.now = clock;
        }
        self.now = self.now.max(clock);
        self.prune();
        self.settle()
    }

    /// Ends a changing call: if the busy period is over, no debt outlives it.
    pub(super) fn end(&mut self) {
        let is_busy = |lane: &Lane| lane.counts.in_flight > 0 || lane.state == LaneState::Ready;
        if !self.lanes.values().any(is_busy) {
            self.virtual_time = self.highest_start;
        }
    }

    /// Moves every moment that is compared with the clock back by the same amount.
    fn shift(&mut self, by: Millis) {
        let back = |moment: &mut Option<Millis>| {
            if let Some(moment) = moment {
                *moment -= by;
            }
        };
        back(&mut self.throttled_until);
        self.history.shift(by);
        for lane in self.lanes.values_mut() {
            back(&mut lane.throttled_until);
            back(&mut lane.wakes_at);
            lane.history.shift(by);
        }
        for entry in self.jobs.values_mut() {
            back(&mut entry.due_at);
            back(&mut entry.lease_until);
        }
        for hold in self.keys.values_mut() {
            hold.until -= by;
        }
        for holding in self.holds.values_mut() {
            holding.kept_until -= by;
            holding.ends_at -= by;
        }
        for info in self.schedules.values_mut() {
            if !info.schedule.is_of_the_calendar() {
                info.next_at -= by;
            }
        }
        for kept in self.results.values_mut() {
            kept.until -= by;
        }
    }

    /// Forgets what has no effect any more.
    fn prune(&mut self) {
        self.throttled_until = self.throttled_until.filter(|until| *until > self.now);
        self.history.prune(self.now, self.limits.rate);
        for lane in self.lanes.values_mut() {
            lane.throttled_until = lane.throttled_until.filter(|until| *until > self.now);
            lane.history.prune(self.now, lane.limits.rate);
        }
        let is_free = |name: &&String| self.holder(name).is_none();
        let free: Vec<String> = self.keys.keys().filter(is_free).cloned().collect();
        for name in &free {
            self.keys.remove(name);
        }
        let (now, virtual_time) = (self.now, self.virtual_time);
        self.holds.retain(|_, holding| holding.ends_at > now);
        self.results.retain(|_, kept| kept.until > now);
        self.lanes.retain(|_, lane| !lane.is_gone(now, virtual_time));
    }

    fn settle(&mut self) -> Swept {
        let now = self.now;
        let mut lapsed = self.jobs_where(|entry| entry.lease_until.filter(|until| *until <= now));
        lapsed.reverse();
        for id in &lapsed {
            self.lapse(*id);
        }
        let is_due = |entry: &Entry| {
            entry.due_at.filter(|due| *due <= now && entry.state == JobState::Delayed)
        };
        let due = self.jobs_where(is_due);
        for id in &due {
            self.make_ready(*id, End::Back);
        }
        let mut woken: Vec<(Millis, String)> = Vec::new();
        for (name, lane) in &self.lanes {
            woken.extend(lane.wakes_at.filter(|at| *at <= now).map(|at| (at, name.clone())));
        }
        woken.sort();
        for (_, name) in &woken {
            self.look_again(name);
        }
        Swept { due: due.len() as u64, lapsed: lapsed.len() as u64, woken: woken.len() as u64 }
    }

    /// Lists the live jobs for which `moment` gives one, by that moment, then by id.
    fn jobs_where(&self, moment: impl Fn(&Entry) -> Option<Millis>) -> Vec<JobId> {
        let mut found: Vec<(Millis, JobId)> = Vec::new();
        for (id, entry) in &self.jobs {
            found.extend(moment(entry).map(|moment| (moment, *id)));
        }
        found.sort();
        found.into_iter().map(|(_, id)| id).collect()
    }

    fn lapse(&mut self, id: JobId) {
        self.sums.lapsed += 1;
        let Some(entry) = self.jobs.get_mut(&id) else {
            return;
        };
        entry.lapses += 1;
        if entry.is_spent() {
            self.die(id, LAPSED.to_owned());
        } else {
            self.make_ready(id, End::Front);
        }
    }
}

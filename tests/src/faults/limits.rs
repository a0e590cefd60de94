//! The checker's other half: limits, and what was exercised.

use fairlane::{LimitsChange, Queue, Rate};

use super::checker::{Counts, Delivery, History};
use super::ledger::{Deed, Handle, Moment, Outcome};

/// The rate of the lane "rated".
const RATE: Rate = Rate { count: 12, window: 250 };

/// The most in flight of the lane "capped".
const MOST_IN_FLIGHT: i64 = 3;

/// Limits the lanes that the actors use for that.
pub fn limit_lanes(queue: &Queue) {
    let rated = LimitsChange { rate: Some(RATE), ..LimitsChange::default() };
    let capped = LimitsChange { max_in_flight: Some(MOST_IN_FLIGHT), ..LimitsChange::default() };
    queue.set_limits(Some("rated"), rated).unwrap();
    queue.set_limits(Some("capped"), capped).unwrap();
}

/// How much earlier than by this reckoning a lease may lapse.
const SLACK: u64 = 2_000_000;

impl History<'_> {
    /// Checks the limits that [`limit_lanes`] has set.
    pub fn check_limits(&mut self) {
        self.check_rate("rated", RATE);
        self.check_in_flight("capped", MOST_IN_FLIGHT as usize);
    }

    /// Checks that in no window more started in a lane than its rate allows, by the store's clock.
    pub fn check_rate(&mut self, lane: &str, rate: Rate) {
        let mut starts: Vec<_> = self.deliveries_in(lane).map(|one| one.job).collect();
        starts.sort_unstable_by_key(|job| job.started_at);
        let mut first = 0;
        let mut used = 0;
        for job in &starts {
            used += job.cost.min(rate.count);
            while starts[first].started_at + rate.window <= job.started_at {
                used -= starts[first].cost.min(rate.count);
                first += 1;
            }
            if used > rate.count {
                let text = format!(
                    "lane {lane} started {used} in the {} ms up to {}: {rate:?}",
                    rate.window, job.started_at
                );
                self.violations.push(text);
                return;
            }
        }
    }

    /// Checks that never more deliveries of a lane were in flight than its limit allows.
    ///
    /// A delivery is certainly in flight from the return of its pop until somebody began to end it,
    /// its lease may have lapsed, or its process wrote its last entry.
    pub fn check_in_flight(&mut self, lane: &str, most: usize) {
        let mut steps: Vec<(Moment, i64)> = Vec::new();
        for delivery in self.deliveries_in(lane) {
            let until = self.certainly_until(delivery);
            if delivery.popped_at < until {
                steps.extend([(delivery.popped_at, 1), (until, -1)]);
            }
        }
        // At the same moment, ends come first: -1 before 1.
        steps.sort_unstable();
        let mut in_flight = 0;
        for (at, step) in steps {
            in_flight += step;
            if in_flight > most as i64 {
                self.violations.push(format!("lane {lane} had {in_flight} in flight at {at}"));
                return;
            }
        }
    }

    /// Checks that no delivery happened behind the back of the ledgers: where no process was killed,
    /// each one was told to somebody.
    pub fn check_all_deliveries_told(&mut self) {
        let is_told = |of: &Handle| of.delivery == 0 || self.deliveries.contains_key(of);
        let before = |of: &Handle| Handle { delivery: of.delivery - 1, ..*of };
        let untold = self.deliveries.keys().map(before).filter(|of| !is_told(of));
        let mut found: Vec<_> = untold.map(|of| format!("{of:?} was told to nobody")).collect();
        self.violations.append(&mut found);
    }

    /// Counts what happened: deeds done by their names, and what only shows in their outcomes.
    pub fn count(&self) -> Counts {
        let mut counts = Counts::new();
        let mut add = |name| *counts.entry(name).or_default() += 1;
        for call in &self.calls {
            match &call.outcome {
                Some((_, Outcome::Popped { jobs })) if jobs.is_empty() => {}
                Some((_, Outcome::Pushed { .. } | Outcome::Popped { .. } | Outcome::Done)) => {
                    add(call.deed.name());
                }
                Some((_, Outcome::Stale)) => add("stale"),
                Some((_, Outcome::Refused { .. })) => add("refused"),
                None if matches!(call.deed, Deed::Die | Deed::Stall { .. }) => {
                    add(call.deed.name())
                }
                None => add("cut off"),
                _ => {}
            }
            if let Deed::Complete { then, .. } = &call.deed
                && !then.is_empty()
                && call.is_done()
            {
                add("follow-up");
            }
        }
        for delivery in self.deliveries.values() {
            add("delivery");
            if delivery.job.lapses > 0 {
                add("delivery after a lapse");
            }
            if delivery.job.after.is_some() {
                add("delivery of a child");
            }
        }
        counts
    }

    /// Checks that no job was given away while a worker certainly held it.
    pub fn check_exclusive(&mut self) {
        let mut found = Vec::new();
        for (of, delivery) in &self.deliveries {
            let until = self.certainly_until(delivery);
            if let Some(next) = self.later(*of).find(|next| next.popped_at < until) {
                found.push(format!("{:?} was delivered while {of:?} was held", next.job.of));
            }
        }
        self.violations.append(&mut found);
    }

    fn deliveries_in<'a>(&'a self, lane: &'a str) -> impl Iterator<Item = &'a Delivery<'a>> {
        self.deliveries.values().filter(move |delivery| delivery.job.lane == lane)
    }

    fn certainly_until(&self, delivery: &Delivery) -> Moment {
        // A store counts whole milliseconds, and two clocks do not run quite alike.
        let lapses =
            |from: Moment, lease: i64| from + (lease as u64 * 1_000_000).saturating_sub(SLACK);
        let mut until = lapses(delivery.popped_from, delivery.lease);
        for call in self.acts.get(&delivery.job.of).into_iter().flatten() {
            match call.deed {
                // That it was done proves that the delivery was in flight until then.
                Deed::Extend { lease, .. } if call.is_done() => until = lapses(call.from, lease),
                Deed::Stall { .. } => {}
                _ => until = until.min(call.from),
            }
        }
        let cancelled = self.cancelled(delivery.job.of.job).map(|call| call.from).min();
        until.min(cancelled.unwrap_or(Moment::MAX)).min(delivery.alive_until)
    }
}

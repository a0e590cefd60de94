//! The checker: reads what all processes promised and were promised, and decides.

use std::collections::{BTreeMap, BTreeSet};

use fairlane::ErrorCode;
use fairlane::store::Dump;

use super::ledger::{Call, Deed, Delivered, Handle, Moment, Outcome};
use super::stuck::stuck;

/// A delivery, with the time of the pop that it came with.
pub(super) struct Delivery<'a> {
    pub popped_from: Moment,
    pub popped_at: Moment,
    pub lease: i64,
    /// The last entry of the process that has it.
    pub alive_until: Moment,
    pub job: &'a Delivered,
}

/// Everything that all ledgers say, put in order for questions.
pub struct History<'a> {
    pub(super) calls: Vec<&'a Call>,
    pub(super) deliveries: BTreeMap<Handle, Delivery<'a>>,
    /// All calls that are about a delivery.
    pub(super) acts: BTreeMap<Handle, Vec<&'a Call>>,
    cancels: BTreeMap<u64, Vec<&'a Call>>,
    are_calls_repeated: bool,
    pub(super) violations: Vec<String>,
}

/// What the ledgers show to have happened, by name; see [`History::count`].
pub type Counts = BTreeMap<&'static str, usize>;

impl<'a> History<'a> {
    /// Reads the ledgers, one a process. No call may have been refused.
    pub fn of(ledgers: &'a [Vec<Call>]) -> Self {
        Self::tolerating(&[], ledgers)
    }

    /// Reads the ledgers. Calls may have been refused with these errors, and then changed nothing.
    pub fn tolerating(errors: &[ErrorCode], ledgers: &'a [Vec<Call>]) -> Self {
        let mut history = Self {
            calls: ledgers.iter().flatten().collect(),
            deliveries: BTreeMap::new(),
            acts: BTreeMap::new(),
            cancels: BTreeMap::new(),
            are_calls_repeated: false,
            violations: Vec::new(),
        };
        for calls in ledgers {
            let last_of = |call: &Call| end_of(call).unwrap_or(call.from);
            let alive_until = calls.iter().map(last_of).max().unwrap_or(0);
            calls.iter().for_each(|call| history.enter(call, alive_until));
        }
        for call in &history.calls {
            if let Some((_, Outcome::Refused { code, message })) = &call.outcome
                && !errors.iter().any(|error| error.number() == *code)
            {
                let text = format!("{:?} was refused: {message}", call.deed);
                history.violations.push(text);
            }
        }
        history
    }

    /// Allows for calls that are sent again when their reply is lost: one that ends a delivery whose
    /// lease has lapsed may find its job gone, and cannot know by whose hand.
    pub fn with_repeated_calls(mut self) -> Self {
        self.are_calls_repeated = true;
        self
    }

    fn may_have_come_late(&self, call: &Call, of: Handle) -> bool {
        let lapsed = self.deliveries.get(&of).is_some_and(|delivery| {
            let lapses_at = delivery.popped_from + delivery.lease as u64 * 1_000_000;
            end_of(call).is_some_and(|end| lapses_at < end)
        });
        self.are_calls_repeated && lapsed
    }

    fn enter(&mut self, call: &'a Call, alive_until: Moment) {
        match (&call.deed, &call.outcome) {
            (Deed::Pop { lease }, Some((at, Outcome::Popped { jobs }))) => {
                for job in jobs {
                    let delivery = Delivery {
                        popped_from: call.from,
                        popped_at: *at,
                        lease: *lease,
                        alive_until,
                        job,
                    };
                    if self.deliveries.insert(job.of, delivery).is_some() {
                        self.violations.push(format!("{:?} was given to two pops", job.of));
                    }
                }
            }
            (Deed::Cancel { job }, _) => self.cancels.entry(*job).or_default().push(call),
            (Deed::Extend { of, .. } | Deed::Stall { of }, _) => {
                self.acts.entry(*of).or_default().push(call);
            }
            (deed, _) => {
                if let Some(of) = deed.ends() {
                    self.acts.entry(of).or_default().push(call);
                }
            }
        }
    }

    /// Checks everything but the limits against each other and against the final state; gives what
    /// does not fit, a sentence each.
    pub fn violations(mut self, end: &Dump) -> Vec<String> {
        self.check_fencing();
        self.check_order();
        self.check_payloads(end);
        self.check_nothing_lost(end);
        self.violations
    }

    /// At most one ending of a delivery is acknowledged, and no act on it once the job was delivered
    /// again or has left.
    fn check_fencing(&mut self) {
        let mut found = Vec::new();
        for (of, acts) in &self.acts {
            let done: Vec<_> = acts.iter().filter(|call| call.is_done()).collect();
            let ended: Vec<_> = done.iter().filter(|call| call.deed.ends().is_some()).collect();
            if ended.len() > 1 {
                found.push(format!("{of:?} was ended {} times: {ended:?}", ended.len()));
            }
            let taken_over = self.later(*of).map(|delivery| delivery.popped_at).min();
            for call in &done {
                if taken_over.is_some_and(|at| at < call.from)
                    && !self.may_have_come_late(call, *of)
                {
                    found.push(format!("{:?} was done after the job was given away", call.deed));
                }
                let cancelled = self.cancelled(of.job).filter(|cancel| cancel.is_done());
                if cancelled.filter_map(|cancel| end_of(cancel)).any(|at| at < call.from) {
                    found.push(format!("{:?} was done after the job was cancelled", call.deed));
                }
            }
        }
        self.violations.append(&mut found);
    }

    /// A job that was completed, failed or cancelled is not delivered again; a child is not
    /// delivered before its parent has left.
    fn check_order(&mut self) {
        let parents = self.parents();
        let mut found = Vec::new();
        for call in self.calls.iter().filter(|call| call.is_done()) {
            if let Deed::Complete { of, .. } | Deed::Fail { of } = &call.deed
                && let Some(again) = self.later(*of).next()
                && !self.may_have_come_late(call, *of)
            {
                found.push(format!("{:?} was done, then came {:?}", call.deed, again.job.of));
            }
        }
        for delivery in self.deliveries.values() {
            let Delivered { of, tries, max_tries, after, .. } = *delivery.job;
            let cancelled = self.cancelled(of.job).filter(|cancel| cancel.is_done());
            if cancelled.filter_map(|cancel| end_of(cancel)).any(|at| at < delivery.popped_from) {
                found.push(format!("{of:?} was delivered after the job was cancelled"));
            }
            if max_tries >= 0 && tries > max_tries {
                found.push(format!("{of:?} is try {tries} of {max_tries}"));
            }
            if let Some(parent) = after
                && !self.may_be_gone(parent, &parents, delivery.popped_at)
            {
                found.push(format!("{of:?} was delivered before its parent {parent} left"));
            }
        }
        self.violations.append(&mut found);
    }

    /// What is delivered is what was pushed; follow-ups are there if and only if their completion
    /// is.
    fn check_payloads(&mut self, end: &Dump) {
        let mut found = Vec::new();
        let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
        let left: Vec<(String, u64)> = jobs_of(end)
            .map(|job| (String::from_utf8_lossy(&job.payload).into_owned(), job.id.0))
            .collect();
        let delivered =
            self.deliveries.values().map(|one| (one.job.payload.as_str(), one.job.of.job));
        for (payload, job) in delivered.chain(left.iter().map(|(text, job)| (text.as_str(), *job)))
        {
            if *seen.entry(payload).or_insert(job) != job {
                found.push(format!("payload {payload} is of two jobs, one is {job}"));
            }
        }
        for call in &self.calls {
            match (&call.deed, &call.outcome) {
                (Deed::Push { payload, .. }, Some((_, Outcome::Pushed { job })))
                    if seen.get(payload.as_str()).is_some_and(|other| other != job) =>
                {
                    found.push(format!("job {job} was pushed as {payload} and is not that"));
                }
                (Deed::Push { payload, .. }, Some((_, Outcome::Refused { .. }))) => {
                    if let Some(job) = seen.get(payload.as_str()) {
                        found.push(format!("{payload} was refused and is there as job {job}"));
                    }
                }
                (Deed::Complete { of, then }, outcome) => {
                    for follow_up in then {
                        let is_there = seen.contains_key(follow_up.as_str());
                        let fits = match outcome {
                            Some((_, Outcome::Done)) => is_there,
                            Some(_) => !is_there,
                            None => true,
                        };
                        if !fits {
                            found.push(format!(
                                "{of:?} came to {outcome:?}, but {follow_up} did not"
                            ));
                        }
                    }
                }
                _ => {}
            }
        }
        self.violations.append(&mut found);
    }

    /// Every acknowledged push came to an end that somebody brought about, or is still there; at the
    /// end nothing is left but the dead and what waits for them.
    fn check_nothing_lost(&mut self, end: &Dump) {
        let left: BTreeSet<u64> = jobs_of(end).map(|job| job.id.0).collect();
        let dead: BTreeSet<u64> = end.dead.iter().map(|(job, _)| job.id.0).collect();
        let parents = self.parents();
        let mut found = Vec::new();
        for call in &self.calls {
            match (&call.deed, &call.outcome) {
                (Deed::Push { .. }, Some((at, Outcome::Pushed { job })))
                    if !left.contains(job) && !self.may_be_gone(*job, &parents, Moment::MAX) =>
                {
                    found.push(format!("job {job} was pushed at {at} and is lost"));
                }
                (Deed::Fail { of }, Some((_, Outcome::Done)))
                    if !dead.contains(&of.job)
                        && !self.may_be_gone(of.job, &parents, Moment::MAX) =>
                {
                    found.push(format!("{of:?} failed for good and is not in the archive"));
                }
                (Deed::Complete { of, .. }, Some((_, Outcome::Done))) if left.contains(&of.job) => {
                    found.push(format!("{of:?} is complete and its job still there"));
                }
                _ => {}
            }
        }
        found.extend(stuck(end));
        if end.stats.counts.in_flight != 0
            || end.lanes.iter().any(|lane| lane.counts.in_flight != 0)
        {
            found.push(format!("in flight at the end: {:?}", end.stats.counts));
        }
        self.violations.append(&mut found);
    }

    /// Gives the deliveries of the same job after this one.
    pub(super) fn later(&self, of: Handle) -> impl Iterator<Item = &Delivery<'a>> {
        let last = Handle { job: of.job, delivery: u64::MAX };
        self.deliveries.range(Handle { delivery: of.delivery + 1, ..of }..=last).map(|(_, one)| one)
    }

    pub(super) fn cancelled(&self, job: u64) -> impl Iterator<Item = &&'a Call> {
        self.cancels.get(&job).into_iter().flatten()
    }

    fn completed(&self, job: u64) -> impl Iterator<Item = &&'a Call> {
        let all = Handle { job, delivery: 0 }..=Handle { job, delivery: u64::MAX };
        let acts = self.acts.range(all).flat_map(|(_, acts)| acts);
        acts.filter(|call| matches!(call.deed, Deed::Complete { .. }))
    }

    /// A job may be gone because it was completed or cancelled, or a job before it was cancelled.
    pub(super) fn may_be_gone(&self, job: u64, parents: &BTreeMap<u64, u64>, by: Moment) -> bool {
        let may_be_done = |call: &&&Call| call.from < by && call.may_be_done();
        let mut line = Some(job);
        while let Some(job) = line {
            if self.cancelled(job).any(|call| may_be_done(&call)) {
                return true;
            }
            line = parents.get(&job).copied();
        }
        self.completed(job).any(|call| may_be_done(&call))
    }

    pub(super) fn parents(&self) -> BTreeMap<u64, u64> {
        let parent = |call: &&Call| match (&call.deed, &call.outcome) {
            (Deed::Push { after: Some(parent), .. }, Some((_, Outcome::Pushed { job }))) => {
                Some((*job, *parent))
            }
            _ => None,
        };
        self.calls.iter().filter_map(parent).collect()
    }
}

fn end_of(call: &Call) -> Option<Moment> {
    call.outcome.as_ref().map(|(at, _)| *at)
}

fn jobs_of(end: &Dump) -> impl Iterator<Item = &fairlane::JobInfo> {
    end.jobs.iter().chain(&end.dead).map(|(job, _)| job)
}

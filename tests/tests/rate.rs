//! Rates are exact: never more than they allow, and all that they allow, in random schedules.
//!
//! `FAIRLANE_SEED=123` runs the one schedule of that seed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use fairlane::clock::{Clock, ManualClock, Millis};
use fairlane::store::{Ask, LaneChange, Store};
use fairlane::{LimitsChange, NewJob, Rate};
use fairlane_tests::stores::{DAWN, Kind};
use fastrand::Rng;

/// For each of the four kinds of schedules, on each store in this process: 10,000 in all.
const SCHEDULES: u64 = 2_500;

/// A store, its clock, and what was started on it when.
struct Bench {
    store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
    starts: Vec<Start>,
}

#[derive(Debug, Clone)]
struct Start {
    at: Millis,
    lane: String,
    cost: i64,
}

impl Bench {
    fn new(kind: Kind) -> Self {
        let clock = Arc::new(ManualClock::new(DAWN));
        Self { store: kind.make(&clock), clock, starts: Vec::new() }
    }

    fn push(&self, lane: &str, costs: &[i64]) {
        let jobs = costs.iter().map(|cost| NewJob::new("").lane(lane).cost(*cost));
        self.store.push(jobs.collect()).unwrap();
    }

    fn limit(&self, lane: Option<&str>, rate: Rate) {
        let change = LimitsChange { rate: Some(rate), ..LimitsChange::default() };
        self.store.configure(lane.map(str::to_owned), LaneChange::Limits(change)).unwrap();
    }

    /// Starts all that may start now; gives the moment at which more may.
    fn start_all(&mut self) -> Option<Millis> {
        let batch = self.store.pop(Ask { count: 1_000, lease: 0 }).unwrap();
        let start =
            |job: fairlane::Job| Start { at: job.started_at, lane: job.lane, cost: job.cost };
        self.starts.extend(batch.jobs.into_iter().map(start));
        if let Some(due) = batch.next_due {
            assert!(due > self.clock.now(), "what is due at {due} was not served at that moment");
        }
        batch.next_due
    }

    /// Pops exactly when the store says that it pays, until nothing waits or `end` has come.
    fn work_until(&mut self, end: Millis) {
        while self.clock.now() < end {
            let Some(due) = self.start_all() else { break };
            self.clock.set(due.min(end));
        }
    }

    fn waiting(&self) -> i64 {
        self.store.stats().unwrap().counts.waiting()
    }

    /// Checks that no window held more than `rate` allows. Windows begin with a start: a fuller one
    /// that does not can be moved to the next start.
    fn check(&self, rate: Rate, counts: impl Fn(&Start) -> bool) {
        self.check_from(0, rate, counts);
    }

    /// Checks the same of the starts from that number on.
    fn check_from(&self, number: usize, rate: Rate, counts: impl Fn(&Start) -> bool) {
        let starts: Vec<&Start> =
            self.starts[number..].iter().filter(|start| counts(start)).collect();
        for (index, first) in starts.iter().enumerate() {
            let in_window = starts[index..].iter().take_while(|s| s.at < first.at + rate.window);
            let cost: i64 = in_window.map(|start| start.cost.min(rate.count)).sum();
            assert!(
                cost <= rate.count || rate.is_unlimited(),
                "{cost} started within {} ms from {}, allowed are {}",
                rate.window,
                first.at - DAWN,
                rate.count
            );
        }
    }
}

fn rate(rng: &mut Rng) -> Rate {
    Rate { count: rng.i64(1..=8), window: [1, 7, 50, 100, 1_000][rng.usize(0..5)] }
}

/// Gives when each of a lane's jobs starts at the earliest, one after the other: the first moment
/// at which the window that ends there has room.
fn earliest(costs: &[i64], rate: Rate) -> Vec<Millis> {
    let mut starts: Vec<(Millis, i64)> = Vec::new();
    for cost in costs {
        let cost = (*cost).min(rate.count);
        let mut at = starts.last().map_or(DAWN, |(at, _)| *at);
        let used = |at: Millis| -> i64 {
            let younger = starts.iter().filter(|(start, _)| *start > at - rate.window);
            younger.map(|(_, cost)| cost).sum()
        };
        while used(at) + cost > rate.count {
            at += 1;
        }
        starts.push((at, cost));
    }
    starts.into_iter().map(|(at, _)| at).collect()
}

/// Runs the schedules of all seeds on all stores.
fn on_random_schedules(schedule: impl Fn(Bench, &mut Rng) + Sync) {
    let told = std::env::var("FAIRLANE_SEED").ok();
    let seeds = |kind: Kind| match &told {
        Some(seed) => {
            let seed = seed.parse().expect("FAIRLANE_SEED is a number");
            seed..seed + 1
        }
        None => 0..kind.share_of(SCHEDULES),
    };
    let cases = Kind::ALL.into_iter().flat_map(|kind| seeds(kind).map(move |seed| (kind, seed)));
    let cases = Mutex::new(cases.collect::<Vec<_>>().into_iter());
    let next = || cases.lock().unwrap().next();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((kind, seed)) = next() {
                    let _told = TellSeed { seed, kind };
                    schedule(Bench::new(kind), &mut Rng::with_seed(seed));
                }
            });
        }
    });
}

/// Tells which schedule it was when a check fails.
struct TellSeed {
    seed: u64,
    kind: Kind,
}

impl Drop for TellSeed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("that was FAIRLANE_SEED={} on {:?}", self.seed, self.kind);
        }
    }
}

#[test]
fn lanes_start_each_job_at_the_first_moment_that_their_rate_allows() {
    on_random_schedules(|mut bench, rng| {
        let mut lanes = BTreeMap::new();
        for number in 0..rng.usize(1..=4) {
            let lane = number.to_string();
            let rate = rate(rng);
            let dearest = if rng.bool() { 1 } else { rng.i64(1..=rate.count + 2) };
            let jobs = rng.usize(1..=15);
            let costs: Vec<i64> = (0..jobs).map(|_| rng.i64(1..=dearest)).collect();
            bench.limit(Some(&lane), rate);
            bench.push(&lane, &costs);
            lanes.insert(lane, (rate, costs));
        }
        bench.work_until(Millis::MAX);
        for (lane, (rate, costs)) in lanes {
            let of_lane = |start: &&Start| start.lane == lane;
            let starts: Vec<Millis> = bench.starts.iter().filter(of_lane).map(|s| s.at).collect();
            assert_eq!(starts, earliest(&costs, rate), "{rate:?}, costs {costs:?}");
            bench.check(rate, |start| start.lane == lane);
        }
    });
}

#[test]
fn a_queue_under_constant_demand_starts_all_that_its_rate_allows() {
    on_random_schedules(|mut bench, rng| {
        let rate = rate(rng);
        bench.limit(None, rate);
        let windows = rng.i64(1..=5);
        let allowed = rate.count * windows;
        for number in 0..rng.usize(1..=4) {
            bench.push(&number.to_string(), &vec![1; allowed as usize]);
        }
        bench.work_until(DAWN + rate.window * windows);
        assert_eq!(bench.starts.len() as i64, allowed, "{rate:?} in {windows} windows");
        bench.check(rate, |_| true);
    });
}

#[test]
fn a_lane_and_its_queue_keep_both_their_rates() {
    on_random_schedules(|mut bench, rng| {
        let of_queue = rate(rng);
        bench.limit(None, of_queue);
        let mut lanes = BTreeMap::new();
        for number in 0..rng.usize(1..=4) {
            let lane = number.to_string();
            let rate = rate(rng);
            bench.limit(Some(&lane), rate);
            let jobs = rng.usize(1..=10);
            let costs: Vec<i64> = (0..jobs).map(|_| rng.i64(1..=4)).collect();
            bench.push(&lane, &costs);
            lanes.insert(lane, rate);
        }
        bench.work_until(Millis::MAX);
        assert_eq!(bench.waiting(), 0, "work is stranded");
        bench.check(of_queue, |_| true);
        for (lane, rate) in lanes {
            bench.check(rate, |start| start.lane == lane);
        }
    });
}

#[test]
fn changing_limits_never_strands_work_and_never_starts_too_much() {
    on_random_schedules(|mut bench, rng| {
        let lanes: Vec<String> = (0..rng.usize(1..=3)).map(|lane| lane.to_string()).collect();
        for lane in &lanes {
            bench.push(lane, &vec![1; rng.usize(5..=20)]);
        }
        // From which start on which rate was in force, by lane; the last entry is the queue's.
        let mut reigns = vec![(0, Rate::UNLIMITED); lanes.len() + 1];
        for _ in 0..rng.usize(1..=6) {
            let which = rng.usize(0..reigns.len());
            end_reign(&bench, lanes.get(which), reigns[which]);
            let rate = if rng.u32(0..5) == 0 { Rate::UNLIMITED } else { rate(rng) };
            bench.limit(lanes.get(which).map(String::as_str), rate);
            reigns[which] = (bench.starts.len(), rate);
            bench.work_until(bench.clock.now() + rng.i64(0..=300));
        }
        bench.work_until(Millis::MAX);
        assert_eq!(bench.waiting(), 0, "work is stranded");
        for (which, reign) in reigns.into_iter().enumerate() {
            end_reign(&bench, lanes.get(which), reign);
        }
    });
}

/// Checks the starts under a rate that was in force until now.
fn end_reign(bench: &Bench, lane: Option<&String>, (first, rate): (usize, Rate)) {
    bench.check_from(first, rate, |start| lane.is_none_or(|lane| start.lane == *lane));
}

#[test]
fn starts_before_a_change_of_limits_still_count() {
    for kind in Kind::ALL {
        let mut bench = Bench::new(kind);
        bench.limit(Some("a"), Rate { count: 5, window: 100 });
        bench.push("a", &[1; 20]);
        bench.start_all();
        bench.clock.advance(10);
        bench.limit(Some("a"), Rate { count: 2, window: 50 });
        assert_eq!(bench.start_all(), Some(DAWN + 50), "all five are younger than 50 ms");
        bench.clock.set(DAWN + 50);
        bench.start_all();
        assert_eq!(bench.starts.len(), 7);
    }
}

#[test]
fn lifting_a_limit_starts_what_waits_for_it() {
    for kind in Kind::ALL {
        let mut bench = Bench::new(kind);
        bench.limit(Some("a"), Rate::per_second(1));
        bench.push("a", &[1; 20]);
        bench.start_all();
        assert_eq!(bench.starts.len(), 1);
        bench.limit(Some("a"), Rate::UNLIMITED);
        bench.start_all();
        assert_eq!(bench.starts.len(), 20);
    }
}

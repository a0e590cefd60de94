//! Fairness: who is served next, whatever the number of workers and lanes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use fairlane::clock::ManualClock;
use fairlane::{Job, LimitsChange, NewJob, Queue, QueueOptions};
use fairlane_tests::stores::{DAWN, Kind};
use fastrand::Rng;

const LEASE: Duration = Duration::from_secs(3_600);
const WORKERS: [usize; 10] = [1, 2, 3, 5, 8, 13, 16, 31, 32, 64];
const LANES: [usize; 8] = [2, 3, 5, 10, 33, 64, 100, 1_000];

struct Bench {
    queue: Queue,
    clock: Arc<ManualClock>,
}

impl Bench {
    fn new(kind: Kind) -> Self {
        let clock = Arc::new(ManualClock::new(DAWN));
        let options = QueueOptions { clock: Arc::clone(&clock) as _, ..QueueOptions::default() };
        let queue = Queue::on(kind.make(&clock), "fairness", &options).unwrap();
        Self { queue, clock }
    }

    fn push(&self, lane: &str, jobs: usize) {
        for batch in (0..jobs).collect::<Vec<_>>().chunks(10_000) {
            let jobs = batch.iter().map(|_| NewJob::new("").lane(lane)).collect();
            self.queue.push_many(jobs).unwrap();
        }
    }

    fn pop(&self) -> Job {
        self.queue.pop(Duration::ZERO, LEASE).unwrap().expect("a job is ready")
    }

    /// Does what one worker does `times` times; gives the lanes that it served.
    fn work(&self, times: usize) -> String {
        let mut served = String::new();
        for _ in 0..times {
            let job = self.pop();
            served += &job.lane;
            self.queue.mark_complete(&job.token).unwrap();
        }
        served
    }

    fn weigh(&self, lane: &str, weight: i64) {
        let change = LimitsChange { weight: Some(weight), ..LimitsChange::default() };
        self.queue.set_limits(Some(lane), change).unwrap();
    }
}

fn on_each_store(test: impl Fn(Bench)) {
    for kind in Kind::ALL {
        println!("on {kind:?}");
        test(Bench::new(kind));
    }
}

#[test]
fn one_worker_serves_lanes_in_turn() {
    on_each_store(|bench| {
        bench.push("a", 50);
        bench.push("b", 5);
        bench.push("c", 4);
        assert_eq!(bench.work(18), "abcabcabcabcabaaaa");
    });
}

#[test]
fn from_a_standing_start_in_flight_counts_differ_by_at_most_one() {
    for kind in Kind::ALL {
        for lanes in LANES {
            for workers in WORKERS {
                let bench = Bench::new(kind);
                let each = workers.div_ceil(lanes);
                let jobs = (0..lanes * each)
                    .map(|job| NewJob::new("").lane(format!("lane {}", job % lanes)));
                bench.queue.push_many(jobs.collect()).unwrap();
                let mut in_flight = BTreeMap::new();
                for popped in 1..=workers {
                    *in_flight.entry(bench.pop().lane).or_insert(0) += 1;
                    let least = if in_flight.len() < lanes { 0 } else { min(&in_flight) };
                    let most = in_flight.values().copied().max().unwrap_or(0);
                    assert!(
                        most - least <= 1,
                        "{kind:?}, {lanes} lanes: after {popped} pops one has {most} in flight \
                         and another {least}"
                    );
                }
            }
        }
    }
}

fn min(counts: &BTreeMap<String, i64>) -> i64 {
    counts.values().copied().min().unwrap_or(0)
}

#[test]
fn every_pop_serves_a_ready_lane_with_the_lowest_in_flight_per_weight() {
    #[derive(Debug, Clone, Copy, Default)]
    struct Lane {
        weight: i64,
        waiting: i64,
        in_flight: i64,
    }

    for kind in Kind::ALL {
        for seed in 0..kind.share_of(60) {
            let mut rng = Rng::with_seed(seed);
            let bench = Bench::new(kind);
            let workers = rng.usize(1..=64);
            let mut lanes: BTreeMap<String, Lane> = BTreeMap::new();
            for number in 0..rng.usize(2..=40) {
                let name = format!("lane {number}");
                let weight = [1, 1, 1, 2, 3, 10, 1_000][rng.usize(0..7)];
                bench.weigh(&name, weight);
                lanes.insert(name, Lane { weight, ..Lane::default() });
            }
            let mut running: Vec<Job> = Vec::new();
            for _ in 0..300 {
                let which = rng.usize(0..lanes.len());
                if let Some((name, lane)) = lanes.iter_mut().nth(which)
                    && rng.bool()
                {
                    let jobs = rng.usize(1..=4);
                    bench.push(name, jobs);
                    lane.waiting += jobs as i64;
                }
                if running.len() < workers
                    && let Some(job) = bench.queue.pop(Duration::ZERO, LEASE).unwrap()
                {
                    let served = lanes[&job.lane];
                    for (name, other) in lanes.iter().filter(|(_, lane)| lane.waiting > 0) {
                        assert!(
                            served.in_flight * other.weight <= other.in_flight * served.weight,
                            "{kind:?}, seed {seed}: served {:?} {served:?}, not {name:?} {other:?}",
                            job.lane
                        );
                    }
                    let lane = lanes.get_mut(&job.lane).unwrap();
                    lane.waiting -= 1;
                    lane.in_flight += 1;
                    running.push(job);
                }
                if !running.is_empty() && rng.u32(0..3) == 0 {
                    let job = running.swap_remove(rng.usize(0..running.len()));
                    bench.queue.mark_complete(&job.token).unwrap();
                    lanes.get_mut(&job.lane).unwrap().in_flight -= 1;
                }
            }
        }
    }
}

#[test]
fn weights_hold_within_two_percent() {
    // Several workers hold the weights only if they can be split by them: with 4 workers, a lane
    // that is due a hundredth still has one of them whenever it has none.
    let cases: [(&[i64], &[usize]); 6] = [
        (&[1, 2, 7], &[1, 10]),
        (&[3, 5], &[1, 64]),
        (&[67, 33], &[1]),
        (&[990, 10], &[1]),
        (&[1, 1, 1, 1], &[4]),
        (&[1, 10, 100, 1_000], &[1]),
    ];
    for kind in Kind::ALL {
        let starts = kind.share_of(5_000);
        for (weights, workers) in cases {
            for &workers in workers {
                let bench = Bench::new(kind);
                for (lane, weight) in weights.iter().enumerate() {
                    bench.weigh(&lane.to_string(), *weight);
                    bench.push(&lane.to_string(), workers + 1);
                }
                let mut running = VecDeque::new();
                let mut started = vec![0_usize; weights.len()];
                for _ in 0..starts {
                    if running.len() == workers {
                        let job: Job = running.pop_front().unwrap();
                        bench.queue.mark_complete(&job.token).unwrap();
                    }
                    let job = bench.pop();
                    started[job.lane.parse::<usize>().unwrap()] += 1;
                    bench.push(&job.lane, 1);
                    running.push_back(job);
                }
                let sum: i64 = weights.iter().sum();
                for (lane, weight) in weights.iter().enumerate() {
                    let due = starts as f64 * *weight as f64 / sum as f64;
                    let off = started[lane] as f64 / due - 1.0;
                    // One job more or less is not a matter of weights.
                    let is_one_job = (started[lane] as f64 - due).abs() <= 1.0;
                    assert!(
                        off.abs() < 0.02 || is_one_job,
                        "{kind:?}, {workers} workers, weights {weights:?}: started {started:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_lane_that_was_empty_has_no_credit() {
    on_each_store(|bench| {
        bench.push("a", 200);
        bench.push("b", 1);
        bench.work(100);
        bench.push("b", 10);
        assert_eq!(bench.work(20), "ba".repeat(10));
    });
}

#[test]
fn a_lane_that_was_throttled_has_no_credit() {
    on_each_store(|bench| {
        bench.push("a", 200);
        bench.push("b", 10);
        bench.queue.throttle(Some("b"), Duration::from_secs(1)).unwrap();
        assert_eq!(bench.work(100), "a".repeat(100));
        bench.clock.advance(1_000);
        assert_eq!(bench.work(20), "ba".repeat(10));
    });
}

#[test]
fn a_lane_that_was_paused_has_no_credit() {
    on_each_store(|bench| {
        bench.push("a", 200);
        bench.push("b", 10);
        bench.queue.pause(Some("b")).unwrap();
        assert_eq!(bench.work(100), "a".repeat(100));
        bench.queue.resume(Some("b")).unwrap();
        assert_eq!(bench.work(20), "ba".repeat(10));
    });
}

#[test]
fn a_lane_that_was_at_its_cap_has_no_credit() {
    on_each_store(|bench| {
        let one = LimitsChange { max_in_flight: Some(1), ..LimitsChange::default() };
        bench.queue.set_limits(Some("b"), one).unwrap();
        bench.push("b", 11);
        let long = bench.pop();
        bench.push("a", 200);
        assert_eq!(bench.work(100), "a".repeat(100));
        bench.queue.mark_complete(&long.token).unwrap();
        assert_eq!(bench.work(20), "ba".repeat(10));
    });
}

#[test]
fn a_noisy_lane_does_not_delay_a_single_job_of_another() {
    for kind in Kind::ALL {
        let bench = Bench::new(kind);
        bench.push("noisy", kind.many());
        let mut running: VecDeque<Job> = (0..16).map(|_| bench.pop()).collect();
        for number in 0..200 {
            let quiet = format!("quiet {number}");
            bench.push(&quiet, 1);
            let done = running.pop_front().unwrap();
            bench.queue.mark_complete(&done.token).unwrap();
            let job = bench.pop();
            assert_eq!(job.lane, quiet, "the next worker that is free takes it");
            running.push_back(job);
        }
    }
}

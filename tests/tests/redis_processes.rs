//! Eight processes that pop at once from one queue on a real Redis server: who is served, and when.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use fairlane::{Durability, LimitsChange, NewJob, Queue, Rate};
use fairlane_tests::faults::ledger::{Moment, moment};
use fairlane_tests::faults::server::{Answer, Order, Remote};
use fairlane_tests::redis::RedisServer;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fault_process");
const PROCESSES: usize = 8;
const HOUR: Duration = Duration::from_secs(3600);

fn start(server: &RedisServer) -> Vec<Remote> {
    let url = server.url();
    let start = || Remote::start(PROGRAM, Path::new(&url), "work", Durability::Full);
    (0..PROCESSES).map(|_| start()).collect()
}

/// A start that some process was told of.
struct Start {
    /// When its process knew of it, and
    at: Moment,
    /// when it was not yet asked for.
    from: Moment,
    lane: String,
}

/// Has each process take and complete jobs until none is left; gives the starts in the order in which
/// their processes knew of them.
fn work(workers: Vec<Remote>) -> Vec<Start> {
    let work = |mut worker: Remote| {
        let mut starts = Vec::new();
        loop {
            let from = moment();
            // Long enough that all do not leave because the machine stood still.
            worker.send(&Order::Pop { wait: Duration::from_secs(2), lease: HOUR });
            match worker.receive() {
                (at, Answer::Popped(Some(lane))) => starts.push(Start { at, from, lane }),
                (_, Answer::Popped(None)) => return starts,
                other => panic!("{other:?}"),
            }
            assert_eq!(worker.ask(&Order::Complete), Answer::Done);
        }
    };
    let mut starts = std::thread::scope(|scope| {
        let working: Vec<_> =
            workers.into_iter().map(|worker| scope.spawn(move || work(worker))).collect();
        working.into_iter().flat_map(|each| each.join().unwrap()).collect::<Vec<_>>()
    });
    starts.sort_by_key(|start| start.at);
    starts
}

/// A lane with many jobs does not hold up those with few, whoever pops.
#[test]
fn small_lanes_are_served_beside_a_large_one() {
    const SMALL: usize = 20;
    const JOBS: usize = 10;
    let server = RedisServer::start(&[]);
    let queue = Queue::open(&server.url(), "work").unwrap();
    let workers = start(&server);
    let jobs = |lane: &str, count| vec![NewJob::new(lane).lane(lane); count];
    queue.push_many(jobs("large", 2_000)).unwrap();
    for number in 0..SMALL {
        queue.push_many(jobs(&number.to_string(), JOBS)).unwrap();
    }
    let starts = work(workers);
    assert_eq!(starts.len(), 2_000 + SMALL * JOBS);
    let (large, small): (Vec<_>, Vec<_>) = starts.iter().partition(|start| start.lane == "large");
    let mut last: BTreeMap<&str, Moment> = BTreeMap::new();
    for start in small {
        let from = last.entry(&start.lane).or_default();
        *from = start.from.max(*from);
    }
    let before = |from: &Moment| large.iter().filter(|start| start.at < *from).count();
    let mut beside: Vec<usize> = last.values().map(before).collect();
    beside.sort_unstable();
    // In turn, the large lane has had as many starts as each small one, and one more for each
    // process that may be a job ahead. Not of every lane: a process that the machine stops has its
    // lane wait, too.
    println!("jobs of the large lane beside {JOBS} of each small one: {beside:?}");
    assert!(beside[SMALL / 2] <= JOBS + 2 * PROCESSES, "{beside:?}");
}

#[test]
fn all_processes_together_keep_a_rate() {
    const RATE: Rate = Rate { count: 10, window: 200 };
    const JOBS: usize = 60;
    let server = RedisServer::start(&[]);
    let queue = Queue::open(&server.url(), "work").unwrap();
    let change = LimitsChange { rate: Some(RATE), ..LimitsChange::default() };
    queue.set_limits(Some("rated"), change).unwrap();
    let workers = start(&server);
    let began = moment();
    queue.push_many(vec![NewJob::new("rated").lane("rated"); JOBS]).unwrap();
    let starts = work(workers);
    assert_eq!(starts.len(), JOBS);
    // A process knows of a start a little later than it was, never sooner.
    for (number, Start { at, .. }) in starts.iter().enumerate() {
        let windows = (number as i64 / RATE.count) as u64;
        let earliest = began + windows * RATE.window as u64 * 1_000_000;
        assert!(*at >= earliest - 2_000_000, "job {number} was {} ns early", earliest - at);
    }
    let took = Duration::from_nanos(starts[JOBS - 1].at - began);
    println!("{JOBS} jobs at 10 in 200 ms took {took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn all_processes_together_keep_a_cap() {
    let server = RedisServer::start(&[]);
    let queue = Queue::open(&server.url(), "work").unwrap();
    let change = LimitsChange { max_in_flight: Some(3), ..LimitsChange::default() };
    queue.set_limits(Some("capped"), change).unwrap();
    queue.push_many(vec![NewJob::new("capped").lane("capped"); PROCESSES]).unwrap();
    let mut workers = start(&server);
    let order = Order::Pop { wait: Duration::ZERO, lease: HOUR };
    workers.iter_mut().for_each(|worker| worker.send(&order));
    let mut counts = BTreeMap::new();
    for worker in &mut workers {
        *counts.entry(format!("{:?}", worker.receive().1)).or_insert(0) += 1;
    }
    assert_eq!(counts.get("Popped(None)"), Some(&(PROCESSES - 3)), "{counts:?}");
    assert_eq!(queue.stats().unwrap().counts.in_flight, 3);
}

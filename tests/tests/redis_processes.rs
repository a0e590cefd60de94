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

/// Has each process take and complete jobs until none is left; gives each start with the moment at
/// which its process knew of it, in that order.
fn work(workers: Vec<Remote>) -> Vec<(Moment, String)> {
    let work = |mut worker: Remote| {
        let mut starts = Vec::new();
        loop {
            worker.send(&Order::Pop { wait: Duration::from_millis(500), lease: HOUR });
            match worker.receive() {
                (at, Answer::Popped(Some(lane))) => starts.push((at, lane)),
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
    starts.sort();
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
    let last = starts.iter().rposition(|(_, lane)| lane != "large").unwrap();
    let beside = starts[..last].iter().filter(|(_, lane)| lane == "large").count();
    // In turn, the large lane has had as many starts as each small one, and one more for each
    // process that may be a job ahead.
    println!("{beside} jobs of the large lane beside {JOBS} of each small one");
    assert!(beside <= JOBS + 2 * PROCESSES, "{beside}");
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
    for (number, (at, _)) in starts.iter().enumerate() {
        let windows = (number as i64 / RATE.count) as u64;
        let earliest = began + windows * RATE.window as u64 * 1_000_000;
        assert!(*at >= earliest - 2_000_000, "job {number} was {} ns early", earliest - at);
    }
    let took = Duration::from_nanos(starts[JOBS - 1].0 - began);
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

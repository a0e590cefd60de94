//! The loops of `tests/benchmarks/c_loop.c` on the core itself: core_loop one|batch ROUNDS
//!
//! Prints the CPU nanoseconds of a job.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use fairlane::{NewJob, Queue};

const BATCH: usize = 100;
const LEASE: Duration = Duration::from_secs(30);

fn one_by_one(queue: &Queue, payload: &[u8]) {
    queue.push(NewJob::new(payload).lane("tenant-7")).unwrap();
    let job = queue.pop(Duration::ZERO, LEASE).unwrap().unwrap();
    assert_eq!(job.payload.len(), payload.len());
    queue.mark_complete(&job.token).unwrap();
}

fn in_batches(queue: &Queue, payload: &[u8]) {
    let jobs = (0..BATCH).map(|_| NewJob::new(payload).lane("tenant-7")).collect();
    queue.push_many(jobs).unwrap();
    let jobs = queue.pop_many(BATCH, Duration::ZERO, LEASE).unwrap();
    assert!(jobs.iter().all(|job| job.payload.len() == payload.len()));
    let tokens: Vec<_> = jobs.iter().map(|job| job.token).collect();
    let results = queue.mark_complete_many(&tokens).unwrap();
    assert!(results.iter().all(Result::is_ok));
}

/// Gives the CPU time of this process in nanoseconds.
fn cpu_time() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (work, size): (fn(&Queue, &[u8]), u64) = match arguments[1].as_str() {
        "one" => (one_by_one, 1),
        _ => (in_batches, BATCH as u64),
    };
    let rounds: u64 = arguments[2].parse().unwrap();
    let queue = Queue::open("memory:", "loop").unwrap();
    let payload = [b'x'; 100];
    let repeat = |rounds| (0..rounds).for_each(|_| work(&queue, &payload));
    repeat(rounds / 10);
    let before = cpu_time();
    repeat(rounds);
    println!("{}", (cpu_time() - before) / (rounds * size));
}

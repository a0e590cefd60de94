//! fairlane, as the benchmark uses it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use fairlane::{Durability, Job, NewJob, Queue, QueueOptions, Token};
use fairlane_tests::redis::RedisServer;

/// The payload of every job of every subject, in bytes.
pub const PAYLOAD: [u8; 100] = [b'x'; 100];

/// The lease of every pop; nothing lapses while a benchmark runs.
pub const LEASE: Duration = Duration::from_secs(600);

/// How many jobs one call pushes while a queue is filled.
const FILL: usize = 1000;

pub fn open(path: &Path, durability: Durability) -> Result<Queue> {
    let options = QueueOptions { durability, ..QueueOptions::default() };
    let path = path.to_str().context("the directory has a name that is not UTF-8")?;
    Ok(Queue::open_with(path, "benchmark", options)?)
}

/// Opens a queue on a server.
pub fn open_on(server: &RedisServer) -> Result<Queue> {
    Ok(Queue::open(&server.url(), "benchmark")?)
}

pub fn new_job() -> NewJob {
    NewJob::new(PAYLOAD)
}

/// Pushes `count` jobs, spread evenly over `lanes` lanes.
pub fn fill(queue: &Queue, count: usize, lanes: usize) -> Result<()> {
    for first in (0..count).step_by(FILL) {
        let numbers = first..count.min(first + FILL);
        let jobs = numbers.map(|number| new_job().lane(format!("lane-{}", number % lanes)));
        queue.push_many(jobs.collect())?;
    }
    Ok(())
}

pub fn pop_one(queue: &Queue) -> Result<Job> {
    queue.pop(Duration::ZERO, LEASE)?.context("the queue ran empty")
}

pub fn complete_all(queue: &Queue, jobs: &[Job]) -> Result<()> {
    let tokens: Vec<Token> = jobs.iter().map(|job| job.token).collect();
    for ended in queue.mark_complete_many(&tokens)? {
        ended?;
    }
    Ok(())
}

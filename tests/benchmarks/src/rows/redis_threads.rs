//! Many threads of one process: their calls travel together.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fairlane::Queue;
use fairlane_tests::redis::RedisServer;

use super::Scale;
use crate::ours;
use crate::report::{Bound, Line, Unit, rate};
use crate::rounds::Rates;

const THREADS: usize = 64;
const LANES: usize = 1_000;

pub fn row(_: &Path, scale: Scale) -> Result<Vec<Line>> {
    let server = RedisServer::start(&[]);
    let queue = ours::open_on(&server)?;
    ours::fill(&queue, 20_000, LANES)?;
    let (mut one, mut many, mut allowed) = Default::default();
    let slice = scale.rounds.slice * 3;
    for _ in 0..scale.rounds.count {
        Rates::push(&mut one, jobs_a_second(&queue, 1, slice)?.0);
        let before = cpu_seconds(&server)?;
        let (speed, jobs) = jobs_a_second(&queue, THREADS, slice)?;
        Rates::push(&mut many, speed);
        Rates::push(&mut allowed, jobs / (cpu_seconds(&server)? - before));
    }
    Ok(vec![
        Line {
            what: format!("Redis: push, pop, complete, {THREADS} threads, of one thread"),
            ours: rate(many.median()),
            yardstick: format!("{} one thread", rate(one.median())),
            value: many.ratio_to(&one),
            unit: Unit::Times,
            bound: Bound::AtLeast(5.0),
        },
        Line {
            what: format!("Redis: {THREADS} threads, of what the server's CPU allows"),
            ours: rate(many.median()),
            yardstick: format!("{} of a server never idle", rate(allowed.median())),
            value: many.ratio_to(&allowed),
            unit: Unit::Times,
            bound: Bound::AtLeast(0.7),
        },
    ])
}

/// Has threads push, pop and complete one job after the other; gives jobs a second, and all jobs.
fn jobs_a_second(queue: &Queue, threads: usize, time: Duration) -> Result<(f64, f64)> {
    let start = Instant::now();
    let work = |thread: usize| -> Result<usize> {
        let mut jobs = 0;
        while start.elapsed() < time {
            let lane = format!("lane-{}", (thread * 131 + jobs * 7919) % LANES);
            queue.push(ours::new_job().lane(lane))?;
            let job = ours::pop_one(queue)?;
            queue.mark_complete(&job.token)?;
            jobs += 1;
        }
        Ok(jobs)
    };
    let jobs = std::thread::scope(|scope| -> Result<usize> {
        let threads: Vec<_> =
            (0..threads).map(|thread| scope.spawn(move || work(thread))).collect();
        let each = threads.into_iter().map(|thread| {
            thread.join().map_err(|_| anyhow::anyhow!("a thread panicked")).flatten()
        });
        each.sum()
    })?;
    Ok((jobs as f64 / start.elapsed().as_secs_f64(), jobs as f64))
}

/// Gives the CPU seconds that the server has used.
fn cpu_seconds(server: &RedisServer) -> Result<f64> {
    let info: String = server.command(&["INFO", "cpu"]);
    let field = |name: &str| -> Result<f64> {
        let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        Ok(value.context("the server does not tell its CPU time")?.parse()?)
    };
    Ok(field("used_cpu_user")? + field("used_cpu_sys")?)
}

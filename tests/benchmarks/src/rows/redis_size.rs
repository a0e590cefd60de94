//! Large queues on Redis: memory of a job, and a pop beside many lanes.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use fairlane::Queue;
use fairlane_tests::redis::RedisServer;

use super::Scale;
use crate::ours;
use crate::report::{Bound, Line, Unit};
use crate::rounds::Rates;

pub fn memory(_: &Path, scale: Scale) -> Result<Vec<Line>> {
    let server = RedisServer::start(&[]);
    let queue = ours::open_on(&server)?;
    queue.stats()?;
    let before = used_memory(&server)?;
    ours::fill(&queue, scale.jobs, scale.jobs / 100)?;
    let over = (used_memory(&server)? - before) / scale.jobs as f64 - ours::PAYLOAD.len() as f64;
    Ok(vec![Line {
        what: format!(
            "Redis memory of a waiting job over its payload, {} jobs in {} lanes",
            scale.jobs,
            scale.jobs / 100
        ),
        ours: format!("{over:.0} B"),
        yardstick: "-".into(),
        value: over,
        unit: Unit::Bytes,
        bound: Bound::AtMost(140.0),
    }])
}

pub fn lanes(_: &Path, scale: Scale) -> Result<Vec<Line>> {
    let (few, many) = (100, scale.jobs / 10);
    let narrow = Beside::lanes(few, 0)?;
    let ready = Beside::lanes(many, 0)?;
    let throttled = Beside::lanes(few, many)?;
    let mut costs = [Rates::default(), Rates::default(), Rates::default()];
    for _ in 0..scale.rounds.count {
        for (beside, costs) in [&narrow, &ready, &throttled].into_iter().zip(&mut costs) {
            costs.push(beside.pop_cost()?);
        }
    }
    let [narrow, ready, throttled] = &costs;
    let line = |what: String, rates: &Rates, bound: f64| Line {
        what,
        ours: format!("{:.1} us", rates.median()),
        yardstick: format!("{:.1} us with {few}", narrow.median()),
        value: rates.ratio_to(narrow),
        unit: Unit::Times,
        bound: Bound::AtMost(bound),
    };
    Ok(vec![
        line(format!("Redis CPU of a pop, {many} ready lanes, of that with {few}"), ready, 1.5),
        line(format!("Redis CPU of a pop beside {many} throttled lanes"), throttled, 1.2),
    ])
}

/// A queue of its own server, with ready lanes beside throttled ones.
struct Beside {
    server: RedisServer,
    queue: Queue,
}

impl Beside {
    fn lanes(ready: usize, throttled: usize) -> Result<Self> {
        let server = RedisServer::start(&[]);
        let queue = ours::open_on(&server)?;
        hold(&queue, throttled)?;
        for first in (0..throttled).step_by(1000) {
            let lanes = (first..throttled.min(first + 1000)).map(|number| format!("held-{number}"));
            queue.push_many(lanes.map(|lane| ours::new_job().lane(lane)).collect())?;
        }
        ours::fill(&queue, 2 * ready.max(1_000), ready)?;
        Ok(Self { server, queue })
    }

    /// Gives the microseconds of the server's time that a pop takes.
    fn pop_cost(&self) -> Result<f64> {
        const POPS: usize = 200;
        self.server.command::<()>(&["CONFIG", "RESETSTAT"]);
        let jobs = (0..POPS).map(|_| ours::pop_one(&self.queue)).collect::<Result<Vec<_>>>()?;
        let spent = self.server.usec_of("evalsha");
        ours::complete_all(&self.queue, &jobs)?;
        let anew = jobs.into_iter().map(|job| ours::new_job().lane(job.lane)).collect();
        self.queue.push_many(anew)?;
        Ok(spent / POPS as f64)
    }
}

/// Throttles that many lanes, by many threads: their calls travel together.
fn hold(queue: &Queue, lanes: usize) -> Result<()> {
    const THREADS: usize = 64;
    let some = |first: usize| -> Result<()> {
        for number in (first..lanes).step_by(THREADS) {
            queue.throttle(Some(&format!("held-{number}")), Duration::from_secs(3600))?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|first| scope.spawn(move || some(first))).collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().map_err(|_| anyhow::anyhow!("a thread panicked")).flatten()
        })
    })
}

fn used_memory(server: &RedisServer) -> Result<f64> {
    let info: String = server.command(&["INFO", "memory"]);
    let line = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
    Ok(line.context("the server does not tell its memory")?.parse()?)
}

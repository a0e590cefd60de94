//! What a job costs the server: the time that it says it spent in our scripts, beside the time that
//! it spends in a script that does nothing.

use std::path::Path;

use anyhow::Result;
use fairlane::{Job, NewJob, Queue};
use fairlane_tests::redis::RedisServer;

use super::Scale;
use crate::ours;
use crate::report::{Bound, Line, Unit};
use crate::rounds::Rates;

const LANES: usize = 1_000;

/// The jobs that wait all the time.
const BACKLOG: usize = 20_000;

/// The jobs of one part of a round.
const JOBS: usize = 960;

pub fn row(_: &Path, scale: Scale) -> Result<Vec<Line>> {
    let server = RedisServer::start(&[]);
    let queue = ours::open_on(&server)?;
    ours::fill(&queue, BACKLOG, LANES)?;
    let digest: String = server.command(&["SCRIPT", "LOAD", "return 1"]);
    let cost = Cost { server: &server, queue: &queue, digest };
    Ok(vec![
        cost.line("one by one", 1, 30.0, scale)?,
        cost.line("in batches of 32", 32, 14.0, scale)?,
    ])
}

struct Cost<'a> {
    server: &'a RedisServer,
    queue: &'a Queue,
    /// Names the script that does nothing.
    digest: String,
}

impl Cost<'_> {
    fn line(&self, how: &str, batch: usize, bound: f64, scale: Scale) -> Result<Line> {
        let (mut ours, mut empty) = (Rates::default(), Rates::default());
        let mut parts = [0.0; 3];
        let rounds = scale.rounds.count;
        for _ in 0..rounds {
            empty.push(self.empty()?);
            let costs = self.jobs(batch)?;
            for (part, cost) in parts.iter_mut().zip(costs) {
                *part += cost / rounds as f64;
            }
            ours.push(costs.iter().sum());
        }
        Ok(Line {
            what: format!(
                "Redis CPU of a job, {how} (push {:.1}, pop {:.1}, complete {:.1} us)",
                parts[0], parts[1], parts[2]
            ),
            ours: format!("{:.1} us", ours.median()),
            yardstick: format!("{:.2} us empty script", empty.median()),
            value: ours.ratio_to(&empty),
            unit: Unit::Times,
            bound: Bound::AtMost(bound),
        })
    }

    /// Gives the microseconds that the server spent in scripts during `work`.
    fn spent(&self, work: impl FnOnce() -> Result<()>) -> Result<f64> {
        self.server.command::<()>(&["CONFIG", "RESETSTAT"]);
        work()?;
        Ok(self.server.usec_of("evalsha"))
    }

    /// One at a time, as the jobs come: a server that waits between calls runs slower.
    fn empty(&self) -> Result<f64> {
        let mut connection = self.server.connect()?;
        let mut call = redis::cmd("EVALSHA");
        call.arg(&self.digest).arg(0);
        let spent =
            self.spent(|| (0..JOBS).try_for_each(|_| Ok(call.query::<()>(&mut connection)?)))?;
        Ok(spent / JOBS as f64)
    }

    fn jobs(&self, batch: usize) -> Result<[f64; 3]> {
        let mut jobs: Vec<Job> = Vec::new();
        let push = self.spent(|| {
            for first in (0..JOBS).step_by(batch) {
                let lanes = (first..first + batch).map(|number| number * 7919 % LANES);
                let new = lanes.map(|lane| ours::new_job().lane(format!("lane-{lane}")));
                self.queue.push_many(new.collect::<Vec<NewJob>>())?;
            }
            Ok(())
        })?;
        let pop = self.spent(|| {
            while jobs.len() < JOBS {
                jobs.extend(self.queue.pop_many(batch, std::time::Duration::ZERO, ours::LEASE)?);
            }
            Ok(())
        })?;
        let complete = self.spent(|| {
            jobs.chunks(batch).try_for_each(|jobs| ours::complete_all(self.queue, jobs))
        })?;
        Ok([push, pop, complete].map(|spent| spent / JOBS as f64))
    }
}

//! One producer process and two worker processes that take 32 at a time, on one file.

use std::path::Path;

use anyhow::{Result, ensure};

use super::Scale;
use crate::child::{Child, Part, Side, Worked};
use crate::report::{Bound, Line, Unit, rate};
use crate::rounds::Rates;

const WORKERS: usize = 2;

pub fn row(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    let jobs = scale.jobs / 50;
    let (mut ours, mut bare) = (Rates::default(), Rates::default());
    for round in 0..scale.rounds.count.div_ceil(2) {
        for turn in 0..2 {
            let is_ours = (round + turn) % 2 == 0;
            let (side, rates) =
                if is_ours { (Side::Ours, &mut ours) } else { (Side::Bare, &mut bare) };
            rates.push(through(&directory.join(format!("{side:?}-{round}.db")), side, jobs)?);
        }
    }
    Ok(vec![Line {
        what: "producer and two workers, processes, 32 a claim".into(),
        ours: rate(ours.median()),
        yardstick: format!("{} bare loop", rate(bare.median())),
        value: ours.ratio_to(&bare),
        unit: Unit::Times,
        bound: Bound::AtLeast(0.7),
    }])
}

/// Gives the jobs a second from the first push to the last completion.
fn through(path: &Path, side: Side, jobs: usize) -> Result<f64> {
    // Made once before anybody races to make it.
    side.open(path)?;
    let path = path.to_owned();
    let mut producer = Child::spawn(&Part::Produce { side, path: path.clone(), jobs })?;
    let work = Part::Work { side, path };
    let mut workers = (0..WORKERS).map(|_| Child::spawn(&work)).collect::<Result<Vec<_>>>()?;
    workers.iter_mut().try_for_each(Child::go)?;
    producer.go()?;
    let started: u64 = producer.report()?;
    let (mut done, mut ended) = (0, started);
    for worker in &mut workers {
        let worked: Worked = worker.report()?;
        done += worked.jobs;
        ended = ended.max(worked.last);
    }
    ensure!(done == jobs, "{side:?}: {done} of {jobs} jobs were done");
    Ok(jobs as f64 / ((ended - started) as f64 / 1e9))
}

//! The price of a pop does not depend on what waits.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use fairlane::Durability::Normal;

use super::Scale;
use crate::ours;
use crate::report::{Bound, Line, Unit};
use crate::rounds::{Subject, timed};

/// The lanes of the queues whose depth is compared.
const LANES: usize = 10;

pub fn depth(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    let mut deep = Filled::new(&directory.join("deep.db"), scale.jobs, LANES)?;
    let mut shallow = Filled::new(&directory.join("shallow.db"), 1_000, LANES)?;
    compare("waiting jobs", scale.jobs, 1_000, 1.5, scale, &mut deep, &mut shallow)
}

pub fn lanes(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    let lanes = scale.jobs / 10;
    let mut wide = Filled::new(&directory.join("wide.db"), 2 * lanes, lanes)?;
    let mut narrow = Filled::new(&directory.join("narrow.db"), 2 * lanes, LANES)?;
    compare("lanes", lanes, LANES, 2.0, scale, &mut wide, &mut narrow)
}

/// A queue whose size stays the same: what a round pops is completed and pushed anew.
struct Filled {
    queue: fairlane::Queue,
    lanes: usize,
    pushed: usize,
}

impl Filled {
    fn new(path: &Path, jobs: usize, lanes: usize) -> Result<Self> {
        let queue = ours::open(path, Normal)?;
        ours::fill(&queue, jobs, lanes)?;
        Ok(Self { queue, lanes, pushed: jobs })
    }
}

impl Subject for Filled {
    fn run(&mut self, operations: usize) -> Result<Duration> {
        // In parts, so that the small queue is never emptied and few jobs are in flight.
        const PART: usize = 100;
        let mut total = Duration::ZERO;
        for first in (0..operations).step_by(PART) {
            let mut jobs = Vec::new();
            total += timed(|| {
                for _ in first..operations.min(first + PART) {
                    jobs.push(ours::pop_one(&self.queue)?);
                }
                Ok(())
            })?;
            ours::complete_all(&self.queue, &jobs)?;
            let lanes = (self.pushed..).map(|number| format!("lane-{}", number % self.lanes));
            let anew = lanes.take(jobs.len()).map(|lane| ours::new_job().lane(lane));
            self.queue.push_many(anew.collect())?;
            self.pushed += jobs.len();
        }
        Ok(total)
    }
}

fn compare(
    what: &str,
    many: usize,
    few: usize,
    bound: f64,
    scale: Scale,
    large: &mut dyn Subject,
    small: &mut dyn Subject,
) -> Result<Vec<Line>> {
    let rates = scale.rounds.run(&mut [large, small])?;
    let cost = |index: usize| format!("{:.1} us", 1e6 / rates[index].median());
    Ok(vec![Line {
        what: format!("cost of a pop, {many} {what}, of that with {few}"),
        ours: cost(0),
        yardstick: format!("{} with {few}", cost(1)),
        value: rates[1].ratio_to(&rates[0]),
        unit: Unit::Times,
        bound: Bound::AtMost(bound),
    }])
}

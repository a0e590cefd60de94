//! From a push in one process to the start of the work in another; and what waiting costs.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use fairlane::Durability::{self, Full, Normal};
use fairlane::NewJob;

use super::Scale;
use crate::child::{self, Child, Part};
use crate::ours;
use crate::report::{Bound, Line, Unit};
use crate::rounds::percentile;

pub fn wake_normal(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    wake(directory, scale, Normal)
}

pub fn wake_full(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    wake(directory, scale, Full)
}

/// The payload carries the moment before the push; the worker compares it with the moment after
/// its pop. The worker has gone to sleep again before the next push.
fn wake(directory: &Path, scale: Scale, durability: Durability) -> Result<Vec<Line>> {
    let path = directory.join("ours.db");
    let queue = ours::open(&path, durability)?;
    let is_full = durability == Full;
    let mut worker = Child::spawn(&Part::Wait { path, is_full, jobs: scale.samples })?;
    worker.go()?;
    for number in 0..scale.samples {
        std::thread::sleep(Duration::from_micros(3_000 + (number as u64 * 379) % 3_000));
        let mut payload = child::now()?.to_le_bytes().to_vec();
        payload.resize(ours::PAYLOAD.len(), 0);
        queue.push(NewJob::new(payload))?;
    }
    let mut milliseconds: Vec<f64> = worker.report()?;
    let name = if is_full { "full" } else { "normal" };
    let mut line = |percent: f64, bound: f64| Line {
        what: format!("push to start in another process, {name}, p{percent}"),
        ours: format!("{:.2} ms", percentile(&mut milliseconds, percent)),
        yardstick: "-".into(),
        value: percentile(&mut milliseconds, percent),
        unit: Unit::Milliseconds,
        // With "full" the disk's sync comes before anybody may see the job, and is in the time.
        bound: if is_full { Bound::None } else { Bound::AtMost(bound) },
    };
    Ok(vec![line(50.0, 0.5), line(99.0, 3.0)])
}

pub fn idle(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    let path = directory.join("ours.db");
    let _producer = ours::open(&path, Normal)?;
    let mut worker = Child::spawn(&Part::Idle { path, seconds: scale.seconds })?;
    worker.go()?;
    let share: f64 = worker.report()?;
    Ok(vec![Line {
        what: "CPU of a waiting worker process".into(),
        ours: format!("{:.2} %", share * 100.0),
        yardstick: "-".into(),
        value: share * 100.0,
        unit: Unit::Percent,
        bound: Bound::AtMost(0.5),
    }])
}

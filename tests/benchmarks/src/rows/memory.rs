//! Memory with a large queue, over that with an empty one.

use std::path::Path;

use anyhow::Result;

use super::Scale;
use crate::child::{Child, Part, Resident};
use crate::report::{Bound, Line, Unit};

pub fn row(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    // A process of its own: nothing that other rows left behind is in its memory.
    let part = Part::Fill { path: directory.join("ours.db"), jobs: scale.jobs };
    let mut child = Child::spawn(&part)?;
    child.go()?;
    let Resident { empty, full } = child.report()?;
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    Ok(vec![Line {
        what: format!("memory with {} waiting, over an empty queue", scale.jobs),
        ours: format!("{:.1} MB", megabytes(full)),
        yardstick: format!("{:.1} MB empty", megabytes(empty)),
        value: megabytes(full) - megabytes(empty),
        unit: Unit::Megabytes,
        bound: Bound::AtMost(15.0),
    }])
}

//! The longest that a worker waits for its claim while another process pushes without a pause.

use std::path::Path;

use anyhow::Result;
use fairlane::Durability::Normal;

use super::Scale;
use crate::child::{Child, Part};
use crate::ours;
use crate::report::{Bound, Line, Unit};

pub fn row(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    let path = directory.join("ours.db");
    // Something always waits, so that no claim waits for a push.
    ours::fill(&ours::open(&path, Normal)?, scale.jobs / 2, 1)?;
    let seconds = scale.seconds;
    let mut producer = Child::spawn(&Part::Saturate { path: path.clone(), seconds })?;
    let mut worker = Child::spawn(&Part::Claim { path, seconds })?;
    producer.go()?;
    worker.go()?;
    let pushes: usize = producer.report()?;
    let (claims, longest): (usize, f64) = worker.report()?;
    Ok(vec![Line {
        what: "longest wait for a claim under a saturating producer process".into(),
        ours: format!("{longest:.2} ms"),
        yardstick: format!("{claims} claims, {pushes} pushes"),
        value: longest,
        unit: Unit::Milliseconds,
        bound: Bound::AtMost(200.0),
    }])
}

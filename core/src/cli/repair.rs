//! `fairlane repair`.

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let repaired = context.open_existing()?.repair()?;
    let value = json!({
        "jobs": repaired.jobs,
        "lanes": repaired.lanes,
        "lost_jobs": repaired.lost_jobs,
        "placed_jobs": repaired.placed_jobs,
        "dropped_entries": repaired.dropped_entries,
        "mended_lanes": repaired.mended_lanes,
        "mended_sums": repaired.mended_sums,
    });
    context.output.answer(&value, || {
        let looked_at = format!("{} jobs in {} lanes", repaired.jobs, repaired.lanes);
        if repaired.is_sound() {
            return format!("{looked_at}: all is in order");
        }
        format!(
            "{looked_at}: {} jobs were lost, {} put in their place, {} entries dropped, \
             {} lanes and {} sums mended",
            repaired.lost_jobs,
            repaired.placed_jobs,
            repaired.dropped_entries,
            repaired.mended_lanes,
            repaired.mended_sums
        )
    })
}

//! `fairlane stats`.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::limit;
use crate::cli::output::{shown, table};
use crate::cli::view::StatsView;
use crate::lane::Stats;

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let queue = context.open_existing()?;
    let stats = queue.stats()?;
    let memory = queue.memory()?;
    let view = StatsView::new(queue.name(), &stats, memory);
    context.output.answer(&view, || show(queue.name(), &stats, memory))
}

fn show(name: &str, stats: &Stats, memory: Option<u64>) -> String {
    let mut table = table(&["queue", &shown(name)], |column| column == 1);
    for (what, count) in [
        ("ready", stats.counts.ready),
        ("delayed", stats.counts.delayed),
        ("blocked", stats.counts.blocked),
        ("in flight", stats.counts.in_flight),
        ("dead", stats.dead),
        ("quarantined", stats.quarantined),
        ("lanes", stats.lanes),
        ("pushed ever", stats.pushed),
        ("completed ever", stats.completed),
        ("retried ever", stats.retried),
        ("died ever", stats.died),
        ("leases lapsed ever", stats.lapsed),
    ] {
        table.add_row([what, &count.to_string()]);
    }
    table.add_row(["limits", &limit::show(stats.limits)]);
    table.add_row(["paused", if stats.paused { "yes" } else { "no" }]);
    if let Some(bytes) = memory {
        let text = match per_job(stats, bytes) {
            Some(of_one) => format!("{bytes} bytes, {of_one} a job"),
            None => format!("{bytes} bytes"),
        };
        table.add_row(["memory", &text]);
    }
    table.trim_fmt()
}

/// Gives the bytes of memory a job, payload included; `None` if there is no job.
pub(super) fn per_job(stats: &Stats, bytes: u64) -> Option<u64> {
    let jobs = stats.counts.waiting() + stats.counts.in_flight + stats.dead;
    bytes.checked_div(u64::try_from(jobs).ok()?)
}

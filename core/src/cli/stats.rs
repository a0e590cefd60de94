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
    context.output.answer(&StatsView::new(queue.name(), &stats), || show(queue.name(), &stats))
}

fn show(name: &str, stats: &Stats) -> String {
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
    table.trim_fmt()
}

//! A queue, looked at.

use crate::boundary::boundary;
use crate::counts::Counts;
use crate::handle::free;
use crate::limits::Limits;

/// A queue, looked at. The sums count from the making of the queue. Free it with
/// `fairlane_stats_free`.
pub struct Stats {
    stats: fairlane::Stats,
    counts: Counts,
    limits: Limits,
}

impl From<fairlane::Stats> for Stats {
    fn from(stats: fairlane::Stats) -> Self {
        Self { stats, counts: Counts(stats.counts), limits: Limits(stats.limits) }
    }
}

/// Gives how many jobs stand where.
///
/// Ownership: the stats keep the counts. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_stats_counts(stats: Option<&Stats>) -> Option<&Counts> {
    boundary!(stats.map(|stats| &stats.counts))
}

/// Gives the dead jobs in the archive.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_stats_dead(stats: Option<&Stats>) -> i64 {
    boundary!(stats.map_or(0, |stats| stats.stats.dead))
}

/// Gives the rows set aside because they could not be read.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_stats_quarantined(stats: Option<&Stats>) -> i64 {
    boundary!(stats.map_or(0, |stats| stats.stats.quarantined))
}

/// Gives the lanes with jobs, settings or unexpired limits.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_stats_lanes(stats: Option<&Stats>) -> i64 {
    boundary!(stats.map_or(0, |stats| stats.stats.lanes))
}

/// Tells whether the whole queue is paused.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_stats_paused(stats: Option<&Stats>) -> bool {
    boundary!(stats.is_some_and(|stats| stats.stats.paused))
}

/// Gives the limits of the whole queue; their weight has no meaning.
///
/// Ownership: the stats keep the limits. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_stats_limits(stats: Option<&Stats>) -> Option<&Limits> {
    boundary!(stats.map(|stats| &stats.limits))
}

/// Gives the jobs pushed, follow-ups included.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_stats_pushed(stats: Option<&Stats>) -> i64 {
    boundary!(stats.map_or(0, |stats| stats.stats.pushed))
}

/// Gives the jobs completed, those popped with lease 0 included.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_stats_completed(stats: Option<&Stats>) -> i64 {
    boundary!(stats.map_or(0, |stats| stats.stats.completed))
}

/// Gives the deliveries that ended in a retry.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_stats_retried(stats: Option<&Stats>) -> i64 {
    boundary!(stats.map_or(0, |stats| stats.stats.retried))
}

/// Gives the jobs that died.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_stats_died(stats: Option<&Stats>) -> i64 {
    boundary!(stats.map_or(0, |stats| stats.stats.died))
}

/// Gives the leases that lapsed, those of killed workers included.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_stats_lapsed(stats: Option<&Stats>) -> i64 {
    boundary!(stats.map_or(0, |stats| stats.stats.lapsed))
}

/// Frees stats and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the stats. Blocking: never. Threads: one, the last to use the stats.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_stats_free(stats: Option<&mut Option<Box<Stats>>>) {
    boundary!(free(stats));
}

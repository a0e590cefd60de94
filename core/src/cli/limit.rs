//! `fairlane limit`.

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::target::Target;
use crate::cli::times::{parse_rate, show_rate};
use crate::cli::view::LimitsView;
use crate::limits::{Limits, LimitsChange, Rate};
use crate::queue::Queue;

/// What to limit, and how.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Limits stay until they are set again, even while the lane is empty. Without an option the limits in \
force are shown.

Examples:
  fairlane limit tenant-7 --tps 10               At most 10 starts in any second
  fairlane limit tenant-7 --rate 1000/1h         At most 1000 starts in any hour
  fairlane limit tenant-7 --rate none            No rate limit
  fairlane limit tenant-7 --weight 3             Three turns where others have one
  fairlane limit --all --max-in-flight 50        At most 50 jobs of the whole queue at once")]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// At most this many starts in any second; 0 lifts the limit
    #[arg(long, value_name = "COUNT", conflicts_with = "rate")]
    tps: Option<i64>,
    /// At most COUNT starts in any window of that length, as 100/1m; none lifts the limit
    #[arg(long, value_name = "COUNT/WINDOW", value_parser = parse_rate)]
    rate: Option<Rate>,
    /// At most this many jobs in flight at once; 0 lifts the limit
    #[arg(long, value_name = "COUNT")]
    max_in_flight: Option<i64>,
    /// At most this many jobs waiting, a push beyond is refused; 0 lifts the limit
    #[arg(long, value_name = "COUNT")]
    max_waiting: Option<i64>,
    /// The lane's share against other lanes, 1 to 1000
    #[arg(long)]
    weight: Option<i64>,
}

#[derive(Serialize)]
struct Answer<'a> {
    /// Null for the whole queue.
    lane: Option<&'a str>,
    #[serde(flatten)]
    limits: LimitsView,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let lane = arguments.target.lane();
    let change = LimitsChange {
        rate: arguments.rate.or(arguments.tps.map(Rate::per_second)),
        max_in_flight: arguments.max_in_flight,
        weight: arguments.weight,
        max_waiting: arguments.max_waiting,
    };
    let queue = if change == LimitsChange::default() {
        context.open_existing()?
    } else {
        let queue = context.open()?;
        queue.set_limits(lane, change)?;
        queue
    };
    let limits = in_force(&queue, lane)?;
    let view = match lane {
        Some(_) => LimitsView::of_lane(limits),
        None => LimitsView::of_queue(limits),
    };
    context.output.answer(&Answer { lane, limits: view }, || {
        format!("{}: {}", arguments.target.sentence(), show(limits))
    })
}

fn in_force(queue: &Queue, lane: Option<&str>) -> Result<Limits, Failure> {
    Ok(match lane {
        Some(lane) => queue.lane(lane)?.map_or_else(Limits::default, |lane| lane.limits),
        None => queue.stats()?.limits,
    })
}

/// Shows limits in a few words.
pub(super) fn show(limits: Limits) -> String {
    let mut words = Vec::new();
    if !limits.rate.is_unlimited() {
        words.push(show_rate(limits.rate));
    }
    if limits.max_in_flight > 0 {
        words.push(format!("{} in flight", limits.max_in_flight));
    }
    if limits.max_waiting > 0 {
        words.push(format!("{} waiting", limits.max_waiting));
    }
    if limits.weight != 1 {
        words.push(format!("weight {}", limits.weight));
    }
    if words.is_empty() { "no limit".to_owned() } else { words.join(", ") }
}

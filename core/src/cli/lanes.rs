//! `fairlane lanes`.

use std::cmp::Reverse;
use std::thread::sleep;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::limit;
use crate::cli::output::{shown, table};
use crate::cli::screen::Screen;
use crate::cli::times::{parse_interval, show_span};
use crate::cli::view::LaneView;
use crate::clock::{Clock, Millis, SystemClock};
use crate::lane::LaneInfo;
use crate::queue::Queue;

/// Which lanes, and how.
#[derive(Debug, Args)]
#[command(after_long_help = "\
States: ready (has a job that may start now), empty (has none), throttled (waits for its rate), \
capped (has as many jobs in flight as it may), paused.

With --watch --json each look is one line: {\"at_ms\": ..., \"lanes\": [...]}.")]
pub(super) struct Arguments {
    /// Only this lane
    lane: Option<String>,
    /// Look again and again, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
    /// How long to wait between looks
    #[arg(short, long, value_name = "TIME", default_value = "1s", value_parser = parse_interval)]
    interval: Duration,
    /// What comes first
    #[arg(short, long, value_enum, default_value_t)]
    sort: Order,
    /// How many lanes to show at most
    #[arg(short = 'n', long)]
    count: Option<usize>,
}

/// Orders of lanes.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Order {
    /// By name
    #[default]
    Name,
    /// Most jobs waiting first
    Waiting,
    /// Most jobs in flight first
    InFlight,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let queue = context.open_existing()?;
    if !arguments.watch {
        let lanes = look(&queue, arguments)?;
        if context.output.is_json() {
            return context.output.json_lines(lanes.iter().map(LaneView::new));
        }
        return context.output.text(&show(&lanes, SystemClock.now(), usize::MAX));
    }
    let mut screen = Screen::new();
    loop {
        let (lanes, now) = (look(&queue, arguments)?, SystemClock.now());
        if context.output.is_json() {
            let views: Vec<_> = lanes.iter().map(LaneView::new).collect();
            context.output.json_lines([json!({ "at_ms": now, "lanes": views })])?;
        } else {
            screen.draw(&show(&lanes, now, screen.height()))?;
        }
        sleep(arguments.interval);
    }
}

fn look(queue: &Queue, arguments: &Arguments) -> Result<Vec<LaneInfo>, Failure> {
    let mut lanes = match &arguments.lane {
        Some(lane) => queue.lane(lane)?.into_iter().collect(),
        None => queue.lanes()?,
    };
    match arguments.sort {
        Order::Name => {}
        Order::Waiting => lanes.sort_by_key(|lane| Reverse(lane.counts.waiting())),
        Order::InFlight => lanes.sort_by_key(|lane| Reverse(lane.counts.in_flight)),
    }
    lanes.truncate(arguments.count.unwrap_or(usize::MAX));
    Ok(lanes)
}

/// Shows as many lanes as fit into `height` lines.
fn show(lanes: &[LaneInfo], now: Millis, height: usize) -> String {
    // The table's head takes a line, and so does the line about those that do not fit.
    let room = if lanes.len() < height { lanes.len() } else { height.saturating_sub(2) };
    let headers = ["lane", "state", "ready", "delayed", "blocked", "in flight", "limits"];
    let mut table = table(&headers, |column| (2..=5).contains(&column));
    for lane in &lanes[..room] {
        let state = match lane.wakes_at {
            Some(wakes_at) => {
                format!("{} for {}", lane.state.name(), show_span((wakes_at - now).max(0)))
            }
            None => lane.state.name().to_owned(),
        };
        table.add_row([
            shown(&lane.name),
            state,
            lane.counts.ready.to_string(),
            lane.counts.delayed.to_string(),
            lane.counts.blocked.to_string(),
            lane.counts.in_flight.to_string(),
            limit::show(lane.limits),
        ]);
    }
    let mut text = table.trim_fmt();
    if room < lanes.len() {
        text += &format!("\n... and {} lanes more", lanes.len() - room);
    }
    text
}

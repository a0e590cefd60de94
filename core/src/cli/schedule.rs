//! `fairlane schedule`.

use std::time::Duration;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::schedules::{ScheduleView, show_timing};
use crate::cli::times::{parse_span, show_moment};
use crate::clock::millis;
use crate::error::{Error, ErrorCode};
use crate::job::{DEFAULT_LANE, DEFAULT_MAX_TRIES, DEFAULT_PRIORITY, NewJob};
use crate::schedule::{CatchUp, DEFAULT_TIMEZONE, Schedule, timing};

/// What to push, and when.
#[derive(Debug, Args)]
#[command(after_long_help = "\
The schedule is kept with the queue. Each tick is pushed once, by whichever worker is there first; \
the same command again changes nothing.

Examples:
  fairlane schedule tidy --every 5m
  fairlane schedule report '{\"for\":\"ada\"}' --cron '0 9 * * MON-FRI' --timezone Europe/Berlin
  fairlane schedule import --every 1m --key import        Never two at once")]
pub(super) struct Arguments {
    /// The schedule's name
    name: String,
    /// What each job holds
    #[arg(default_value = "")]
    payload: String,
    /// Minute, hour, day of month, month, day of week; seconds before that if there are six fields
    #[arg(long, value_name = "FIELDS", required_unless_present = "every")]
    cron: Option<String>,
    /// How long it is from tick to tick
    #[arg(long, value_name = "TIME", value_parser = parse_span, conflicts_with = "cron")]
    every: Option<Duration>,
    /// Whose clock --cron means
    #[arg(long, value_name = "ZONE", default_value = DEFAULT_TIMEZONE)]
    timezone: String,
    /// What becomes of ticks at which no worker was there: one push for all, skip, or all
    #[arg(long, value_name = "HOW", default_value = "one", value_parser = str::parse::<CatchUp>)]
    catch_up: CatchUp,
    /// The lane of the jobs
    #[arg(short, long, default_value = DEFAULT_LANE)]
    lane: String,
    /// 0 (bulk) to 9, higher first within the lane
    #[arg(short, long, default_value_t = DEFAULT_PRIORITY, allow_negative_numbers = true)]
    priority: i64,
    /// How many starts a job counts as against limits
    #[arg(long, value_name = "COUNT", default_value_t = 1, allow_negative_numbers = true)]
    cost: i64,
    /// Push nothing while a job of that key is queued or running
    #[arg(short, long)]
    key: Option<String>,
    /// How long from the push a key stays taken at least
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = parse_span)]
    key_ttl: Duration,
    /// How often a job is tried before it is dead; -1 for ever
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_MAX_TRIES, allow_negative_numbers = true)]
    max_tries: i64,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let mut job = NewJob::new(arguments.payload.as_str())
        .lane(&arguments.lane)
        .priority(arguments.priority)
        .cost(arguments.cost)
        .max_tries(arguments.max_tries);
    if let Some(key) = &arguments.key {
        job = job.key(key, arguments.key_ttl);
    }
    let every = arguments.every.map(millis);
    let timing = timing(arguments.cron.as_deref(), every, &arguments.timezone)?;
    let schedule = Schedule::new(&arguments.name, timing, job).catch_up(arguments.catch_up);
    let queue = context.open()?;
    queue.schedule(schedule)?;
    let mut kept = queue.schedules()?.into_iter();
    let info = kept.find(|info| info.schedule.name == arguments.name).ok_or_else(|| {
        Error::new(ErrorCode::Unavailable, "schedule was ended again by somebody else")
    })?;
    context.output.answer(&ScheduleView::new(&info), || {
        let timing = show_timing(&info.schedule.timing);
        format!("{timing}, next at {}", show_moment(info.next_at))
    })
}

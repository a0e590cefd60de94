//! `fairlane throttle`.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::target::Target;
use crate::cli::times::{parse_span, show_span};
use crate::clock::millis;

/// What to throttle, and for how long.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  fairlane throttle tenant-7 --for 30s           The provider said \"retry after 30\"
  fairlane throttle tenant-7 --for 0             Go on at once")]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// How long to start no job, from now; 0 ends an earlier throttle
    #[arg(long = "for", value_name = "TIME", value_parser = parse_span)]
    time: Duration,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let target = &arguments.target;
    context.open()?.throttle(target.lane(), arguments.time)?;
    let time = millis(arguments.time);
    context.output.answer(
        &json!({ "lane": target.lane(), "throttled_for_ms": time }),
        || match time {
            0 => format!("{} is not throttled", target.sentence()),
            _ => format!("{} starts no job for {}", target.sentence(), show_span(time)),
        },
    )
}

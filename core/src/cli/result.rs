//! `fairlane result`.

use std::time::Duration;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::times::parse_span;
use crate::cli::view::ResultView;
use crate::token::JobId;

/// Whose result.
#[derive(Debug, Args)]
#[command(after_long_help = "\
The result goes to standard output as it is. Exits with 3 if the job has ended and no result of it is \
kept, with 1 if the job is dead or has not ended.

Example:
  id=$(fairlane push 'hello') && fairlane result \"$id\" --wait 1m")]
pub(super) struct Arguments {
    /// The id that push printed
    id: JobId,
    /// How long to wait for the end of the job
    #[arg(short, long, default_value = "0", value_name = "TIME", value_parser = parse_span)]
    wait: Duration,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let id = arguments.id;
    let Some(value) = context.open_existing()?.result(id, arguments.wait)? else {
        return Err(Failure::nothing(format!(
            "no result of job {id}: it left none, its time is over, or the job was cancelled"
        )));
    };
    if context.output.is_json() {
        return context.output.json_lines([ResultView::new(id, &value)]);
    }
    context.output.raw(&value)
}

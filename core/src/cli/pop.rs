//! `fairlane pop`.

use std::time::Duration;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::shown;
use crate::cli::times::parse_span;
use crate::cli::view::DeliveryView;

/// How to take a job.
#[derive(Debug, Args)]
#[command(after_long_help = "\
The payload goes to standard output as it is, the token to standard error; with --json, both are in \
one object. End the delivery with `fairlane complete TOKEN`, or with retry, release or fail, before \
the lease ends; then the job is delivered again. Exits with 3 if no job came.

Example:
  job=$(fairlane pop --json --wait 1m) && ./handle \"$job\" &&
    fairlane complete \"$(echo \"$job\" | jq -r .token)\"")]
pub(super) struct Arguments {
    /// How long to wait for a job
    #[arg(short, long, default_value = "0", value_name = "TIME", value_parser = parse_span)]
    wait: Duration,
    /// How long the delivery may take; 0 takes the job for good, at most once
    #[arg(short, long, default_value = "2m", value_name = "TIME", value_parser = parse_span)]
    lease: Duration,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let queue = context.open_for_script()?;
    let Some(job) = queue.pop(arguments.wait, arguments.lease)? else {
        return Err(Failure::nothing("no job may start now"));
    };
    if context.output.is_json() {
        return context.output.json_lines([DeliveryView::new(&job)]);
    }
    context.output.note(&format!(
        "job {} of lane {}, token {}",
        job.id,
        shown(&job.lane),
        job.token
    ));
    context.output.raw(&job.payload)
}

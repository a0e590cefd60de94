//! `fairlane peek`.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::get::summary;
use crate::cli::view::JobView;
use crate::job::DEFAULT_LANE;

/// Where to look.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The lane
    #[arg(default_value = DEFAULT_LANE)]
    lane: String,
    /// How many jobs to show at most
    #[arg(short = 'n', long, default_value_t = 10)]
    count: usize,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let jobs = context.open_existing()?.peek(&arguments.lane, arguments.count)?;
    if context.output.is_json() {
        return context.output.json_lines(jobs.iter().map(JobView::new));
    }
    jobs.iter().try_for_each(|job| context.output.text(&summary(job)))
}

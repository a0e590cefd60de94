//! `fairlane cancel`.

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::{Failure, NOTHING};
use crate::token::JobId;

/// Which jobs.
#[derive(Debug, Args)]
#[command(after_long_help = "\
A job in flight is cancelled too: its worker's token is stale from then on, and `fairlane work` ends \
its command when it next extends the lease.")]
pub(super) struct Arguments {
    /// The ids that push printed
    #[arg(required = true)]
    ids: Vec<JobId>,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let queue = context.open_existing()?;
    let mut cancelled = 0;
    for id in &arguments.ids {
        let found = queue.cancel(*id)?;
        cancelled += usize::from(found);
        let value = json!({ "id": id.to_string(), "cancelled": found });
        context.output.answer(&value, || match found {
            true => format!("job {id} is cancelled"),
            false => format!("no job {id}: it completed, was cancelled or was never pushed"),
        })?;
    }
    if cancelled == 0 { Err(Failure::silent(NOTHING)) } else { Ok(()) }
}

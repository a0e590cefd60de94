//! `fairlane fail`.

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::token::Token;

/// Which delivery, and why.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The token that pop printed
    token: Token,
    /// Why the job failed; kept with it
    #[arg(short, long, default_value = "")]
    error: String,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let id = arguments.token.job;
    context.open_for_script()?.fail(&arguments.token, &arguments.error)?;
    context
        .output
        .answer(&json!({ "id": id.to_string(), "failed": true }), || format!("job {id} is dead"))
}

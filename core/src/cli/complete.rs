//! `fairlane complete`.

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::token::Token;

/// Which delivery.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The token that pop printed
    token: Token,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    context.open_for_script()?.mark_complete(&arguments.token)?;
    let id = arguments.token.job;
    context
        .output
        .answer(&json!({ "id": id.to_string(), "completed": true }), || format!("job {id} is done"))
}

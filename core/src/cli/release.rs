//! `fairlane release`.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::times::parse_span;
use crate::token::Token;

/// Which delivery.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The token that pop printed
    token: Token,
    /// How long to hold the job back
    #[arg(short, long, default_value = "0", value_name = "TIME", value_parser = parse_span)]
    delay: Duration,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let id = arguments.token.job;
    context.open_for_script()?.release(&arguments.token, arguments.delay)?;
    context
        .output
        .answer(&json!({ "id": id.to_string(), "released": true }), || format!("job {id} is back"))
}

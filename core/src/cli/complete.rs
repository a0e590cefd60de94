//! `fairlane complete`.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::input;
use crate::cli::times::parse_span;
use crate::job_result::JobResult;
use crate::token::Token;

/// Which delivery, and what is left of it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The token that pop printed
    token: Token,
    /// Keep a result, for `fairlane result`; standard input as a whole, if it is -
    #[arg(short, long)]
    result: Option<String>,
    /// How long the result is kept
    #[arg(long, default_value = "1h", value_name = "TIME", value_parser = parse_span)]
    result_ttl: Duration,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let result = match &arguments.result {
        Some(result) => {
            let value = input::bytes(context, Some(result))?;
            Some(JobResult::new(value).ttl(arguments.result_ttl))
        }
        None => None,
    };
    context.open_for_script()?.mark_complete_with(&arguments.token, Vec::new(), result)?;
    let id = arguments.token.job;
    context
        .output
        .answer(&json!({ "id": id.to_string(), "completed": true }), || format!("job {id} is done"))
}

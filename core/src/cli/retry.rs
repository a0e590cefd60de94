//! `fairlane retry`.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::times::parse_span;
use crate::token::Token;

/// Which delivery, and why.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The token that pop printed
    token: Token,
    /// Why the try failed; kept with the job
    #[arg(short, long, default_value = "")]
    error: String,
    /// When the job comes again; by default after its own backoff
    #[arg(short, long, value_name = "TIME", value_parser = parse_span)]
    delay: Option<Duration>,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let (token, id) = (&arguments.token, arguments.token.job);
    context.open_for_script()?.retry(token, &arguments.error, arguments.delay)?;
    context.output.answer(&json!({ "id": id.to_string(), "retried": true }), || {
        format!("job {id} comes again, or is dead if its tries are spent")
    })
}

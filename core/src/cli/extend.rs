//! `fairlane extend`.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::times::{parse_span, show_span};
use crate::clock::millis;
use crate::token::Token;

/// Which delivery, and for how long.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The token that pop printed
    token: Token,
    /// How long the lease lasts from now
    #[arg(short, long, default_value = "2m", value_name = "TIME", value_parser = parse_span)]
    lease: Duration,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let (id, lease) = (arguments.token.job, millis(arguments.lease));
    context.open_for_script()?.extend(&arguments.token, arguments.lease)?;
    context.output.answer(&json!({ "id": id.to_string(), "lease_ms": lease }), || {
        format!("job {id} is leased for {} from now", show_span(lease))
    })
}

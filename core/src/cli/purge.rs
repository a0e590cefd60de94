//! `fairlane purge`.

use clap::Args;
use serde_json::json;

use crate::cli::confirm::Consent;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::target::Target;

/// What to purge.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    consent: Consent,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let queue = context.open_existing()?;
    let (lane, name) = (arguments.target.lane(), arguments.target.sentence());
    let waiting = queue.size(lane)?;
    arguments.consent.ask(&format!("remove {waiting} waiting jobs of {name}"))?;
    let purged = queue.purge(lane)?;
    context.output.answer(&json!({ "lane": lane, "purged": purged }), || {
        format!("{purged} waiting jobs of {name} are gone")
    })
}

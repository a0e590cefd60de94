//! `fairlane resume`.

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::target::Target;

pub(super) fn run(context: &Context, target: &Target) -> Result<(), Failure> {
    context.open()?.resume(target.lane())?;
    context.output.answer(&json!({ "lane": target.lane(), "paused": false }), || {
        format!("{} is not paused", target.sentence())
    })
}

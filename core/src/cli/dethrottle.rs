//! `fairlane dethrottle`.

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let swept = context.open_existing()?.dethrottle()?;
    let value = json!({ "due": swept.due, "lapsed": swept.lapsed, "woken": swept.woken });
    context.output.answer(&value, || {
        format!(
            "{} jobs came due, {} leases lapsed, {} lanes woke",
            swept.due, swept.lapsed, swept.woken
        )
    })
}

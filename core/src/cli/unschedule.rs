//! `fairlane unschedule`.

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::{Failure, NOTHING};

/// Which schedule.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The schedule's name
    name: String,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let name = &arguments.name;
    let has_ended = context.open_existing()?.unschedule(name)?;
    let value = json!({ "schedule": name, "ended": has_ended });
    context.output.answer(&value, || match has_ended {
        true => format!("schedule {name:?} pushes no more; the jobs that it has pushed stay"),
        false => format!("no schedule {name:?}"),
    })?;
    if has_ended { Ok(()) } else { Err(Failure::silent(NOTHING)) }
}

//! `fairlane get`.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{shown, table};
use crate::cli::times::show_moment;
use crate::cli::view::JobView;
use crate::job::JobInfo;
use crate::token::JobId;

/// Which job.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The id that push printed
    id: JobId,
    /// Print the payload alone, as it was pushed
    #[arg(long, conflicts_with = "json")]
    payload: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let Some(job) = context.open_existing()?.get(arguments.id)? else {
        return Err(Failure::nothing(format!(
            "no job {}: it completed, was cancelled or was never pushed",
            arguments.id
        )));
    };
    if arguments.payload {
        return context.output.raw(&job.payload);
    }
    context.output.answer(&JobView::new(&job), || show(&job))
}

fn show(job: &JobInfo) -> String {
    let mut table = table(&["job", &job.id.to_string()], |_| false);
    let mut row = |what: &str, value: String| {
        table.add_row([what, &value]);
    };
    row("state", job.state.name().to_owned());
    row("lane", shown(&job.lane));
    row("priority", job.priority.to_string());
    row("cost", job.cost.to_string());
    row("tries", tries(job));
    row("lapses", job.lapses.to_string());
    row("pushed at", show_moment(job.pushed_at));
    for (what, moment) in
        [("due at", job.due_at), ("lease until", job.lease_until), ("died at", job.died_at)]
    {
        if let Some(moment) = moment {
            row(what, show_moment(moment));
        }
    }
    if let Some(key) = &job.key {
        row("key", shown(key));
    }
    if let Some(parent) = job.after {
        let note = if job.parent_dead { " (dead: restore it or cancel this one)" } else { "" };
        row("after", format!("{parent}{note}"));
    }
    if let Some(error) = &job.error {
        row("error", shown(error));
    }
    for (name, value) in &job.headers {
        row("header", format!("{}={}", shown(name), excerpt(value.as_bytes(), 200)));
    }
    row("payload", excerpt(&job.payload, 1_000));
    table.trim_fmt()
}

/// Shows a job on one line.
pub(super) fn summary(job: &JobInfo) -> String {
    let mut line = format!("{}  {}", job.id, shown(&job.lane));
    if let Some(died_at) = job.died_at {
        line += &format!("  died {}", show_moment(died_at));
    }
    line += &format!("  try {}  {}", tries(job), excerpt(&job.payload, 60));
    if let Some(error) = &job.error {
        line += &format!("  ({})", excerpt(error.as_bytes(), 120));
    }
    line
}

fn tries(job: &JobInfo) -> String {
    match job.max_tries {
        -1 => job.tries.to_string(),
        max => format!("{} of {max}", job.tries),
    }
}

/// Shows the beginning of bytes on one line.
fn excerpt(bytes: &[u8], most: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut characters = text.chars();
    let mut beginning = shown(&characters.by_ref().take(most).collect::<String>());
    if characters.next().is_some() {
        beginning.push('…');
    }
    beginning
}

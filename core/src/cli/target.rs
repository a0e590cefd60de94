//! What a command is about: one lane, or the whole queue, but never the whole queue by accident.

use clap::Args;

use crate::cli::output::shown;

/// A lane or the whole queue.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Target {
    /// The lane
    lane: Option<String>,
    /// The whole queue instead of one lane
    #[arg(long)]
    all: bool,
}

impl Target {
    /// Gives the lane; `None` is the whole queue.
    pub(super) fn lane(&self) -> Option<&str> {
        self.lane.as_deref()
    }

    /// Names it in a sentence.
    pub(super) fn sentence(&self) -> String {
        self.lane()
            .map_or_else(|| "the whole queue".to_owned(), |lane| format!("lane {}", shown(lane)))
    }
}

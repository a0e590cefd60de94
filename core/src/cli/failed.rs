//! `fairlane failed list|restore|clean`.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::confirm::Consent;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::get::summary;
use crate::cli::view::JobView;
use crate::store::FailedFilter;
use crate::token::JobId;

/// What to do with the dead.
#[derive(Debug, Subcommand)]
pub(super) enum Deed {
    /// List dead jobs, the latest first
    List {
        /// How many to list at most
        #[arg(short = 'n', long, default_value_t = 100)]
        count: usize,
    },
    /// Put dead jobs back to the end of their lanes, with all their tries
    Restore(Which),
    /// Forget dead jobs, and the jobs that wait for them
    Clean {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        consent: Consent,
    },
}

/// Which dead jobs.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// These; ids that are not dead are passed over
    ids: Vec<JobId>,
    /// Those of one lane
    #[arg(short, long)]
    lane: Option<String>,
    /// All of them
    #[arg(long)]
    all: bool,
}

impl Which {
    fn filter(self) -> FailedFilter {
        match self.lane {
            Some(lane) => FailedFilter::Lane(lane),
            None if self.all => FailedFilter::All,
            None => FailedFilter::Ids(self.ids),
        }
    }
}

pub(super) fn run(context: &Context, deed: Deed) -> Result<(), Failure> {
    let queue = context.open_existing()?;
    match deed {
        Deed::List { count } => {
            let jobs = queue.failed(count)?;
            if context.output.is_json() {
                return context.output.json_lines(jobs.iter().map(JobView::new));
            }
            jobs.iter().try_for_each(|job| context.output.text(&summary(job)))
        }
        Deed::Restore(which) => {
            let restored = queue.restore_failed(which.filter())?;
            context.output.answer(&json!({ "restored": restored }), || {
                format!("{restored} dead jobs are back in their lanes")
            })
        }
        Deed::Clean { which, consent } => {
            let filter = which.filter();
            // Ids were typed one by one: that is consent enough.
            if !matches!(filter, FailedFilter::Ids(_)) {
                consent.ask("forget dead jobs")?;
            }
            let cleaned = queue.clean_failed(filter)?;
            context
                .output
                .answer(&json!({ "cleaned": cleaned }), || format!("{cleaned} dead jobs are gone"))
        }
    }
}

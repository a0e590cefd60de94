//! What a worker tells: each job's end, and the sum.

use std::sync::Mutex;

use serde::Serialize;
use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::output::{Output, shown};
use crate::cli::work::commands::Run;
use crate::clock::millis;
use crate::job::Job;
use crate::lock::lock;

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// The job is done.
    Completed,
    /// The try failed; the job comes again.
    Retried,
    /// The job failed for good, or its tries are spent.
    Dead,
    /// The job was given back untried.
    Returned,
    /// The delivery had lapsed: what the command did counts for nothing.
    Lost,
}

/// A delivery that has ended.
#[derive(Debug)]
pub(super) struct Ended<'a> {
    pub(super) job: &'a Job,
    pub(super) run: Run,
    pub(super) outcome: Outcome,
    pub(super) error: Option<&'a str>,
}

/// Tells and counts.
#[derive(Debug)]
pub(super) struct Report {
    output: Output,
    sum: Mutex<Sum>,
}

#[derive(Debug, Default, Clone, Copy, Serialize)]
struct Sum {
    completed: u64,
    retried: u64,
    dead: u64,
    returned: u64,
    lost: u64,
}

impl Report {
    pub(super) fn new(output: Output) -> Self {
        Self { output, sum: Mutex::default() }
    }

    /// Tells of a delivery that has ended.
    pub(super) fn ended(&self, ended: &Ended<'_>) {
        // Held while the line is written, so that lines and counts come in one order.
        let mut sum = lock(&self.sum);
        *match ended.outcome {
            Outcome::Completed => &mut sum.completed,
            Outcome::Retried => &mut sum.retried,
            Outcome::Dead => &mut sum.dead,
            Outcome::Returned => &mut sum.returned,
            Outcome::Lost => &mut sum.lost,
        } += 1;
        let Ended { job, run, outcome, error } = ended;
        if self.output.is_json() {
            // A reader that went away is told by the last line; the work goes on.
            let _ = self.output.json_lines([json!({
                "event": "job",
                "id": job.id.to_string(),
                "lane": job.lane,
                "try": job.tries,
                "max_tries": job.max_tries,
                "started_at_ms": job.started_at,
                "outcome": outcome,
                "exit_status": run.exit_status,
                "duration_ms": millis(run.duration),
                "error": error,
            })]);
            return;
        }
        let what = match outcome {
            Outcome::Completed | Outcome::Returned => return,
            Outcome::Retried => "comes again",
            Outcome::Dead => "is dead",
            Outcome::Lost => "was lost to another worker, or cancelled",
        };
        let why = error.map_or(String::new(), |error| {
            format!(": {}", shown(error.lines().next().unwrap_or_default()))
        });
        let (id, lane, tries) = (job.id, shown(&job.lane), job.tries);
        self.output.note(&format!("job {id} (lane {lane}, try {tries}) {what}{why}"));
    }

    /// Tells of something apart from a job.
    pub(super) fn note(&self, text: &str) {
        if self.output.is_json() {
            let _ = self.output.json_lines([json!({ "event": "note", "message": text })]);
        } else {
            self.output.note(text);
        }
    }

    /// Tells the sum.
    pub(super) fn conclude(&self) -> Result<(), Failure> {
        let sum = *lock(&self.sum);
        if self.output.is_json() {
            let Sum { completed, retried, dead, returned, lost } = sum;
            return self.output.json_lines([json!({
                "event": "end",
                "completed": completed,
                "retried": retried,
                "dead": dead,
                "returned": returned,
                "lost": lost,
            })]);
        }
        let mut words = vec![format!("{} completed", sum.completed)];
        for (count, what) in [
            (sum.retried, "failed tries"),
            (sum.dead, "dead"),
            (sum.returned, "given back"),
            (sum.lost, "lost"),
        ] {
            if count > 0 {
                words.push(format!("{count} {what}"));
            }
        }
        self.output.note(&words.join(", "));
        Ok(())
    }
}

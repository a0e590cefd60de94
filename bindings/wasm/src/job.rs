use fairlane::Job;
use js_sys::Array;

use crate::row::{bytes, moment, number, row, text};

/// Gives a delivered job.
pub fn job(job: Job) -> Array {
    row([
        text(Some(job.id)),
        text(Some(job.token)),
        job.lane.into(),
        bytes(&job.payload),
        number(job.priority),
        number(job.cost),
        number(job.tries),
        number(job.max_tries),
        number(job.lapses),
        number(job.pushed_at),
        number(job.started_at),
        moment(job.lease_until),
        text(job.key),
        text(job.after),
        text(job.error),
    ])
}

/// Gives delivered jobs.
pub fn jobs(jobs: Vec<Job>) -> Array {
    jobs.into_iter().map(job).collect()
}

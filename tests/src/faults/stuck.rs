//! What may be left of a queue that has been worked off, and what may not.

use std::collections::BTreeMap;

use fairlane::store::Dump;
use fairlane::{JobInfo, JobState};

/// Gives the jobs that are left though a worker has taken whatever it could get: all but those that
/// wait for a dead job, or for one that does.
pub fn stuck(dump: &Dump) -> Vec<String> {
    let parents: BTreeMap<u64, Option<u64>> = dump
        .jobs
        .iter()
        .map(|(job, _)| (job.id.0, job.after.filter(|_| job.state == JobState::Blocked)))
        .map(|(job, parent)| (job, parent.map(|parent| parent.0)))
        .collect();
    let waits_for_the_dead = |mut job: u64| {
        while let Some(parent) = parents.get(&job) {
            let Some(parent) = parent else { return false };
            job = *parent;
        }
        dump.dead.iter().any(|(dead, _)| dead.id.0 == job)
    };
    let is_stuck = |job: &&JobInfo| !waits_for_the_dead(job.id.0);
    let text =
        |job: &JobInfo| format!("job {} of lane {} is stuck: {:?}", job.id, job.lane, job.state);
    dump.jobs.iter().map(|(job, _)| job).filter(is_stuck).map(text).collect()
}

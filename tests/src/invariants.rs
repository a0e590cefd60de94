//! What must hold of every state of a queue, whatever store it is in.

use std::collections::BTreeSet;

use fairlane::store::{Dump, LaneDump};
use fairlane::{Counts, JobId, JobInfo, JobState};

/// Checks a dump.
///
/// # Errors
/// A sentence that names what does not hold.
pub fn check(dump: &Dump) -> Result<(), String> {
    let mut total = Counts::default();
    for lane in &dump.lanes {
        check_lane(dump, lane)?;
        total.ready += lane.counts.ready;
        total.delayed += lane.counts.delayed;
        total.blocked += lane.counts.blocked;
        total.in_flight += lane.counts.in_flight;
    }
    holds(total == dump.stats.counts, || {
        format!("lanes count {total:?}, the queue {:?}", dump.stats.counts)
    })?;
    let live = dump.jobs.len() as i64;
    holds(live == total.waiting() + total.in_flight, || {
        format!("{live} live jobs are counted as {total:?}")
    })?;
    holds(dump.dead.len() as i64 == dump.stats.dead, || {
        format!("{} dead jobs are counted as {}", dump.dead.len(), dump.stats.dead)
    })?;
    let dead: BTreeSet<JobId> = dump.dead.iter().map(|(job, _)| job.id).collect();
    for (job, _) in dump.jobs.iter().chain(&dump.dead) {
        check_job(dump, job, &dead)?;
    }
    Ok(())
}

fn check_lane(dump: &Dump, lane: &LaneDump) -> Result<(), String> {
    let name = &lane.name;
    let of =
        |state| dump.jobs.iter().filter(move |(job, _)| job.lane == *name && job.state == state);
    let counts = Counts {
        ready: of(JobState::Ready).count() as i64,
        delayed: of(JobState::Delayed).count() as i64,
        blocked: of(JobState::Blocked).count() as i64,
        in_flight: of(JobState::Leased).count() as i64,
    };
    holds(counts == lane.counts, || {
        format!("lane {name:?} has {counts:?} and counts {:?}", lane.counts)
    })?;
    let in_order: BTreeSet<JobId> = lane.ready.iter().copied().collect();
    let ready: BTreeSet<JobId> = of(JobState::Ready).map(|(job, _)| job.id).collect();
    holds(in_order == ready && lane.ready.len() == ready.len(), || {
        format!("lane {name:?} would serve {in_order:?} and has {ready:?}")
    })?;
    if dump.ready.contains(name) {
        let max = lane.limits.max_in_flight;
        let may_start = !lane.paused
            && lane.throttled_until.is_none()
            && !lane.ready.is_empty()
            && (max == 0 || lane.counts.in_flight < max);
        holds(may_start, || format!("lane {name:?} stands among the ready ones: {lane:?}"))?;
    }
    Ok(())
}

fn check_job(dump: &Dump, job: &JobInfo, dead: &BTreeSet<JobId>) -> Result<(), String> {
    let has = (job.due_at.is_some(), job.lease_until.is_some(), job.died_at.is_some());
    let fits = match job.state {
        JobState::Ready => has == (false, false, false),
        JobState::Delayed => has == (true, false, false),
        JobState::Blocked => !has.1 && !has.2 && job.after.is_some(),
        JobState::Leased => has == (false, true, false),
        JobState::Dead => has == (false, false, true),
    };
    holds(fits, || format!("job {} has moments that do not fit its state: {job:?}", job.id))?;
    let parent_dead = job.after.is_some_and(|parent| dead.contains(&parent));
    holds(job.parent_dead == parent_dead, || format!("job {} errs about its parent", job.id))?;
    if let Some(key) = &job.key
        && job.state != JobState::Dead
    {
        let holds_it = dump.keys.iter().any(|(name, id, _)| name == key && *id == job.id);
        holds(holds_it, || format!("job {} has key {key:?} and does not hold it", job.id))?;
    }
    Ok(())
}

fn holds(condition: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(otherwise()) }
}

//! What the scripts tell of jobs, lanes and the queue.

use crate::clock::Millis;
use crate::error::Result;
use crate::job::{JobInfo, JobState};
use crate::lane::{Counts, LaneInfo, LaneState, Stats};
use crate::limits::{Limits, Rate};
use crate::token::JobId;

use super::{Reply, record, unexpected, unsigned};

/// The parts of a list, one by one.
pub(super) struct Parts(std::vec::IntoIter<Reply>);

impl Parts {
    pub(super) fn of(reply: Reply) -> Result<Self> {
        Ok(Self(reply.list()?.into_iter()))
    }

    pub(super) fn next(&mut self) -> Reply {
        self.0.next().unwrap_or(Reply::Nil)
    }

    pub(super) fn int(&mut self) -> Result<i64> {
        self.next().int()
    }

    /// Gives a moment; -1 stands for none.
    pub(super) fn moment(&mut self) -> Result<Option<Millis>> {
        Ok(Some(self.int()?).filter(|moment| *moment >= 0))
    }

    pub(super) fn text(&mut self) -> Result<String> {
        String::from_utf8(self.next().bytes()?).map_err(|_| unexpected("text that is not UTF-8"))
    }
}

/// Reads a job and its number of deliveries.
pub(super) fn job(reply: Reply) -> Result<(JobInfo, u64)> {
    let mut parts = Parts::of(reply)?;
    let state = match &parts.next().bytes()?[..] {
        b"ready" => JobState::Ready,
        b"delayed" => JobState::Delayed,
        b"blocked" => JobState::Blocked,
        b"leased" => JobState::Leased,
        b"dead" => JobState::Dead,
        _ => return Err(unexpected("state of a job")),
    };
    let id = JobId(unsigned(parts.int()?)?);
    let deliveries = unsigned(parts.int()?)?;
    let (tries, lapses) = (parts.int()?, parts.int()?);
    let error = match parts.next() {
        Reply::Nil => None,
        text => Some(String::from_utf8_lossy(&text.bytes()?).into_owned()),
    };
    let (due_at, lease_until) = (parts.moment()?, parts.moment()?);
    let (died_at, parent_dead) = (parts.moment()?, parts.int()? == 1);
    let record = record::decode(&parts.next().bytes()?)?;
    let info = JobInfo {
        id,
        state,
        lane: record.lane,
        payload: record.payload,
        priority: record.priority,
        cost: record.cost,
        tries,
        max_tries: record.max_tries,
        lapses,
        pushed_at: record.pushed_at,
        due_at,
        lease_until,
        died_at,
        key: record.key,
        after: record.after,
        parent_dead,
        error,
        headers: record.headers,
    };
    Ok((info, deliveries))
}

/// Reads a lane.
pub(super) fn lane(reply: Reply) -> Result<LaneInfo> {
    let mut parts = Parts::of(reply)?;
    let name = parts.text()?;
    let state = match parts.int()? {
        0 => LaneState::Empty,
        1 => LaneState::Ready,
        2 => LaneState::Paused,
        3 => LaneState::Capped,
        4 => LaneState::Throttled,
        _ => return Err(unexpected("state of a lane")),
    };
    let counts = counts(&mut parts)?;
    let rate = Rate { count: parts.int()?, window: parts.int()? };
    let limits = Limits {
        rate,
        max_in_flight: parts.int()?,
        weight: parts.int()?,
        max_waiting: parts.int()?,
    };
    let (paused, wakes_at) = (parts.int()? == 1, parts.moment()?);
    Ok(LaneInfo { name, state, counts, limits, paused, wakes_at })
}

fn counts(parts: &mut Parts) -> Result<Counts> {
    Ok(Counts {
        ready: parts.int()?,
        delayed: parts.int()?,
        blocked: parts.int()?,
        in_flight: parts.int()?,
    })
}

/// Reads the counts of a queue.
pub(super) fn stats(reply: Reply) -> Result<Stats> {
    let mut parts = Parts::of(reply)?;
    let counts = counts(&mut parts)?;
    let (dead, quarantined, lanes) = (parts.int()?, parts.int()?, parts.int()?);
    let paused = parts.int()? == 1;
    let rate = Rate { count: parts.int()?, window: parts.int()? };
    let limits = Limits { rate, max_in_flight: parts.int()?, weight: 1, max_waiting: parts.int()? };
    Ok(Stats {
        counts,
        dead,
        quarantined,
        lanes,
        paused,
        limits,
        pushed: parts.int()?,
        completed: parts.int()?,
        retried: parts.int()?,
        died: parts.int()?,
        lapsed: parts.int()?,
    })
}

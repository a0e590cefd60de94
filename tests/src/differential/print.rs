//! Operations in one readable line each. `~1` picks the latest job or token, `~2` the one before.

use std::fmt::{self, Display, Formatter};

use fairlane::store::{Held, LaneChange, NewHold, Outcome};
use fairlane::{Due, JobResult, LimitsChange, NewJob, Schedule};

use super::operation::{
    JobPick, Operation, PickedEnding, PickedFilter, PickedFiring, PickedJob, TokenPick,
};

impl Display for Operation {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Push(jobs) => write!(out, "push {}", List(jobs)),
            Self::Pop { count, lease } => write!(out, "pop {count} lease={lease}"),
            Self::Finish(endings) => write!(out, "finish {}", List(endings)),
            Self::Extend(tokens, lease) => write!(out, "extend {} lease={lease}", List(tokens)),
            Self::Configure(lane, change) => {
                write!(out, "configure {} {}", Whose(lane), Change(change))
            }
            Self::Sweep => write!(out, "sweep"),
            Self::Cancel(job) => write!(out, "cancel {job}"),
            Self::Purge(lane) => write!(out, "purge {}", Whose(lane)),
            Self::Restore(filter) => write!(out, "restore {filter}"),
            Self::Clean(filter) => write!(out, "clean {filter}"),
            Self::BumpKeys => write!(out, "bump-keys"),
            Self::Hold(holds, lease) => write!(out, "hold {} lease={lease}", List(&news(holds))),
            Self::Keep(holds, lease) => write!(out, "keep {} lease={lease}", List(&helds(holds))),
            Self::LetGo(holds, is_done) => {
                write!(out, "let go {} is_done={is_done}", List(&helds(holds)))
            }
            Self::BumpHolds => write!(out, "bump-holds"),
            Self::Schedule(schedule, next_in) => {
                let Schedule { name, timing, catch_up, job } = &**schedule;
                let job = PickedJob { job: job.clone(), after: None };
                write!(out, "schedule {name:?} in {next_in}: {timing:?} {catch_up:?} {job}")
            }
            Self::Unschedule(name) => write!(out, "unschedule {name:?}"),
            Self::Schedules => write!(out, "schedules"),
            Self::Ticks(count) => write!(out, "ticks {count}"),
            Self::Fire(PickedFiring { name, off_by, next_in, count }) => {
                write!(out, "fire {name:?} off by {off_by}: {count} jobs, next in {next_in}")
            }
            Self::Repair => write!(out, "repair"),
            Self::Stats => write!(out, "stats"),
            Self::Lanes(after, limit) => write!(out, "lanes after={after:?} limit={limit}"),
            Self::Lane(lane) => write!(out, "lane {lane:?}"),
            Self::Get(job) => write!(out, "get {job}"),
            Self::Fate(job) => write!(out, "fate {job}"),
            Self::Peek(lane, count) => write!(out, "peek {lane:?} {count}"),
            Self::Failed(count) => write!(out, "failed {count}"),
            Self::Dump => write!(out, "dump"),
            Self::Advance(by) => write!(out, "advance {by}"),
            Self::AdvanceToDue(offset) => write!(out, "advance to due {offset:+}"),
            Self::SetBack(by) => write!(out, "sweep, then set the clock back {by}"),
            Self::Reopen => write!(out, "reopen"),
        }
    }
}

impl Display for JobPick {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "~{}", self.0)
    }
}

impl Display for TokenPick {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(nth) => write!(out, "~{}", nth + 1),
            Self::Foreign(nth) => write!(out, "foreign ~{}", nth + 1),
            Self::Early(nth) => write!(out, "early ~{}", nth + 1),
        }
    }
}

impl Display for PickedJob {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let plain = NewJob::new("");
        let NewJob {
            payload,
            lane,
            priority,
            rate,
            due,
            cost,
            key,
            max_tries,
            backoff,
            after: _,
            headers,
        } = &self.job;
        write!(out, "{lane:?} {}B", payload.len())?;
        if *priority != plain.priority {
            write!(out, " priority={priority}")?;
        }
        if let Some(rate) = rate {
            write!(out, " rate={}/{}", rate.count, rate.window)?;
        }
        match due {
            Due::Now => {}
            Due::In(delay) => write!(out, " due=+{delay}")?,
            Due::At(moment) => write!(out, " due={moment}")?,
        }
        if *cost != plain.cost {
            write!(out, " cost={cost}")?;
        }
        if let Some(key) = key {
            write!(out, " key={:?} ttl={}", key.name, key.ttl)?;
        }
        if *max_tries != plain.max_tries {
            write!(out, " max_tries={max_tries}")?;
        }
        if let Some(backoff) = backoff {
            let jitter = if backoff.jitter { " jitter" } else { "" };
            write!(out, " backoff={}..{}*{}{jitter}", backoff.min, backoff.max, backoff.factor)?;
        }
        for (name, value) in headers {
            write!(out, " {name:?}={}B", value.len())?;
        }
        self.after.map_or(Ok(()), |parent| write!(out, " after={parent}"))
    }
}

impl Display for PickedEnding {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{} ", self.token)?;
        match &self.outcome {
            Outcome::Complete { result, .. } => {
                write!(out, "complete")?;
                if !self.then.is_empty() {
                    write!(out, " then {}", List(&self.then))?;
                }
                if let Some(JobResult { value, ttl }) = result {
                    write!(out, " result {}B ttl={ttl}", value.len())?;
                }
                Ok(())
            }
            Outcome::Release { delay } => write!(out, "release delay={delay}"),
            Outcome::Retry { error, delay, random } => {
                write!(out, "retry {error:?} delay={delay:?} random={random}")
            }
            Outcome::Fail { error } => write!(out, "fail {error:?}"),
        }
    }
}

impl Display for PickedFilter {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => write!(out, "all"),
            Self::Lane(lane) => write!(out, "of {lane:?}"),
            Self::Ids(jobs) => write!(out, "{}", List(jobs)),
        }
    }
}

fn news(holds: &[NewHold]) -> Vec<String> {
    let new = |NewHold { key, owner, backoff }: &NewHold| {
        format!("{key:?} owner={} backoff={backoff}", owner.0)
    };
    holds.iter().map(new).collect()
}

fn helds(holds: &[Held]) -> Vec<String> {
    holds.iter().map(|Held { key, owner }| format!("{key:?} owner={}", owner.0)).collect()
}

struct List<'a, T>(&'a [T]);

impl<T: Display> Display for List<'_, T> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "[")?;
        for (index, item) in self.0.iter().enumerate() {
            write!(out, "{}{item}", if index == 0 { "" } else { "; " })?;
        }
        write!(out, "]")
    }
}

struct Whose<'a>(&'a Option<String>);

impl Display for Whose<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(lane) => write!(out, "{lane:?}"),
            None => write!(out, "the queue"),
        }
    }
}

struct Change<'a>(&'a LaneChange);

impl Display for Change<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            LaneChange::Pause => write!(out, "pause"),
            LaneChange::Resume => write!(out, "resume"),
            LaneChange::Throttle(time) => write!(out, "throttle {time}"),
            LaneChange::Limits(LimitsChange { rate, max_in_flight, weight, max_waiting }) => {
                write!(out, "limits")?;
                if let Some(rate) = rate {
                    write!(out, " rate={}/{}", rate.count, rate.window)?;
                }
                for (name, value) in [
                    ("max_in_flight", max_in_flight),
                    ("weight", weight),
                    ("max_waiting", max_waiting),
                ] {
                    if let Some(value) = value {
                        write!(out, " {name}={value}")?;
                    }
                }
                Ok(())
            }
        }
    }
}

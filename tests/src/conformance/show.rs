//! Answers.

use fairlane::clock::Millis;
use fairlane::{
    Counts, Error, Headers, Job, JobInfo, LaneInfo, Limits, Pushed, Repaired, ScheduleInfo, Stats,
    Swept, Timing,
};

use super::names::Names;
use super::text::value;
use crate::stores::DAWN;

/// The answer of a call.
pub enum Answer {
    One(String),
    List(Vec<String>),
}

impl Answer {
    pub fn list<T>(all: &[T], show: impl Fn(&T) -> String) -> Self {
        Self::List(all.iter().map(show).collect())
    }

    pub fn ok() -> Self {
        Self::One("ok".into())
    }

    pub fn of(shown: impl ToString) -> Self {
        Self::One(shown.to_string())
    }

    pub fn text(text: impl AsRef<[u8]>) -> Self {
        Self::One(value(text))
    }

    pub fn maybe(shown: Option<String>) -> Self {
        Self::One(shown.unwrap_or_else(|| "none".into()))
    }

    /// Gives the lines of the transcript.
    pub fn lines(&self) -> String {
        match self {
            Self::One(shown) if shown.is_empty() => "=\n".into(),
            Self::One(shown) => format!("= {shown}\n"),
            Self::List(all) => {
                let lines = all.iter().map(|shown| format!("- {shown}\n"));
                format!("= {}\n", all.len()) + &lines.collect::<String>()
            }
        }
    }
}

/// Shows a moment.
pub fn moment(moment: Millis) -> String {
    (moment - DAWN).to_string()
}

/// Shows answers with the names of one handle.
pub struct Show<'a> {
    pub names: &'a Names,
    pub handle: &'a str,
}

impl Show<'_> {
    pub fn error(&self, error: &Error) -> String {
        format!("! {} {}", error.code(), self.names.sentence(error.message()))
    }

    pub fn each(&self, results: Vec<Result<(), Error>>) -> Answer {
        let one = |result: Result<(), Error>| match result {
            Ok(()) => "ok".to_owned(),
            Err(error) => self.error(&error),
        };
        Answer::List(results.into_iter().map(one).collect())
    }

    pub fn id(&self, id: fairlane::JobId) -> String {
        self.names.id(self.handle, id)
    }

    pub fn pushed(&self, pushed: &Pushed) -> String {
        let mut fields = Fields::default();
        fields.unless("?", "id", self.id(pushed.id));
        fields.always("is_new", pushed.is_new);
        fields.line()
    }

    pub fn job(&self, job: &Job) -> String {
        let mut fields = Fields::default();
        fields.unless("?", "token", self.names.token(self.handle, job.token));
        fields.unless("?", "id", self.id(job.id));
        fields.unless("default", "lane", value(&job.lane));
        fields.always("payload", value(&job.payload));
        fields.unless("1", "priority", job.priority);
        fields.unless("1", "cost", job.cost);
        fields.unless("1", "tries", job.tries);
        fields.unless("10", "max_tries", job.max_tries);
        fields.unless("0", "lapses", job.lapses);
        fields.unless("0", "pushed_at", moment(job.pushed_at));
        fields.unless("0", "started_at", moment(job.started_at));
        fields.some("lease_until", job.lease_until.map(moment));
        fields.some("key", job.key.as_ref().map(value));
        fields.some("after", job.after.map(|id| self.id(id)));
        fields.some("error", job.error.as_ref().map(value));
        fields.unless("", "headers", headers(&job.headers));
        fields.line()
    }

    pub fn info(&self, job: &JobInfo) -> String {
        let mut fields = Fields::default();
        fields.unless("?", "id", self.id(job.id));
        fields.always("state", job.state.name());
        fields.unless("default", "lane", value(&job.lane));
        fields.always("payload", value(&job.payload));
        fields.unless("1", "priority", job.priority);
        fields.unless("1", "cost", job.cost);
        fields.unless("0", "tries", job.tries);
        fields.unless("10", "max_tries", job.max_tries);
        fields.unless("0", "lapses", job.lapses);
        fields.unless("0", "pushed_at", moment(job.pushed_at));
        fields.some("due_at", job.due_at.map(moment));
        fields.some("lease_until", job.lease_until.map(moment));
        fields.some("died_at", job.died_at.map(moment));
        fields.some("key", job.key.as_ref().map(value));
        fields.some("after", job.after.map(|id| self.id(id)));
        fields.unless("false", "parent_dead", job.parent_dead);
        fields.some("error", job.error.as_ref().map(value));
        fields.unless("", "headers", headers(&job.headers));
        fields.line()
    }
}

fn headers(headers: &Headers) -> String {
    let one = |(name, text): (&String, &String)| {
        format!("{}:{}", value(name).replace(':', "%3A"), value(text))
    };
    headers.iter().map(one).collect::<Vec<_>>().join(",")
}

pub fn lane(lane: &LaneInfo) -> String {
    let mut fields = Fields::default();
    fields.always("name", value(&lane.name));
    fields.always("state", lane.state.name());
    fields.counts(&lane.counts);
    fields.limits(&lane.limits);
    fields.unless("false", "paused", lane.paused);
    fields.some("wakes_at", lane.wakes_at.map(moment));
    fields.line()
}

pub fn stats(stats: &Stats) -> String {
    let mut fields = Fields::default();
    fields.counts(&stats.counts);
    fields.unless("0", "dead", stats.dead);
    fields.unless("0", "quarantined", stats.quarantined);
    fields.unless("0", "lanes", stats.lanes);
    fields.unless("false", "paused", stats.paused);
    fields.limits(&stats.limits);
    fields.unless("0", "pushed", stats.pushed);
    fields.unless("0", "completed", stats.completed);
    fields.unless("0", "retried", stats.retried);
    fields.unless("0", "died", stats.died);
    fields.unless("0", "lapsed", stats.lapsed);
    fields.line()
}

pub fn schedule(info: &ScheduleInfo) -> String {
    let schedule = &info.schedule;
    let (cron, timezone) = schedule.timing.cron().unzip();
    let every = match schedule.timing {
        Timing::Every(interval) => Some(interval.to_string()),
        Timing::Cron { .. } => None,
    };
    let mut fields = Fields::default();
    fields.always("name", value(&schedule.name));
    fields.unless("default", "lane", value(&schedule.job.lane));
    fields.always("payload", value(&schedule.job.payload));
    fields.some("cron", cron.map(value));
    fields.some("every", every);
    fields.some("timezone", timezone.map(value));
    fields.unless("one", "catch_up", schedule.catch_up.name());
    fields.always("next_at", moment(info.next_at));
    fields.some("last_at", info.last_at.map(moment));
    fields.line()
}

pub fn swept(swept: &Swept) -> String {
    let Swept { due, lapsed, woken } = swept;
    format!("due={due} lapsed={lapsed} woken={woken}")
}

pub fn repaired(repaired: &Repaired) -> String {
    let mut fields = Fields::default();
    fields.always("jobs", repaired.jobs);
    fields.always("lanes", repaired.lanes);
    fields.unless("0", "lost_jobs", repaired.lost_jobs);
    fields.unless("0", "placed_jobs", repaired.placed_jobs);
    fields.unless("0", "dropped_entries", repaired.dropped_entries);
    fields.unless("0", "mended_lanes", repaired.mended_lanes);
    fields.unless("0", "mended_sums", repaired.mended_sums);
    fields.unless("true", "is_sound", repaired.is_sound());
    fields.line()
}

/// Fields with a space between them.
#[derive(Default)]
struct Fields(Vec<String>);

impl Fields {
    fn always(&mut self, name: &str, shown: impl ToString) {
        self.0.push(format!("{name}={}", shown.to_string()));
    }

    fn unless(&mut self, default: &str, name: &str, shown: impl ToString) {
        let shown = shown.to_string();
        if shown != default {
            self.always(name, shown);
        }
    }

    fn some(&mut self, name: &str, shown: Option<String>) {
        if let Some(shown) = shown {
            self.always(name, shown);
        }
    }

    fn counts(&mut self, counts: &Counts) {
        self.unless("0", "ready", counts.ready);
        self.unless("0", "delayed", counts.delayed);
        self.unless("0", "blocked", counts.blocked);
        self.unless("0", "in_flight", counts.in_flight);
    }

    fn limits(&mut self, limits: &Limits) {
        self.unless("0/1000", "rate", format!("{}/{}", limits.rate.count, limits.rate.window));
        self.unless("0", "max_in_flight", limits.max_in_flight);
        self.unless("1", "weight", limits.weight);
        self.unless("0", "max_waiting", limits.max_waiting);
    }

    fn line(self) -> String {
        self.0.join(" ")
    }
}

//! What `--json` shows: stable names, ids and tokens as strings, times in milliseconds.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use crate::cli::stats::per_job;
use crate::clock::Millis;
use crate::headers::Headers;
use crate::job::{Job, JobInfo};
use crate::lane::{LaneInfo, Stats};
use crate::limits::Limits;
use crate::token::JobId;

/// A payload: as text if it is UTF-8, else in base 64.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PayloadView<'a> {
    Payload(&'a str),
    PayloadBase64(String),
}

impl<'a> PayloadView<'a> {
    pub(super) fn new(payload: &'a [u8]) -> Self {
        match std::str::from_utf8(payload) {
            Ok(text) => Self::Payload(text),
            Err(_) => Self::PayloadBase64(BASE64_STANDARD.encode(payload)),
        }
    }
}

/// A result: as text if it is UTF-8, else in base 64.
#[derive(Debug, Serialize)]
pub(super) struct ResultView<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_base64: Option<String>,
}

impl<'a> ResultView<'a> {
    pub(super) fn new(id: JobId, value: &'a [u8]) -> Self {
        let result = std::str::from_utf8(value).ok();
        let result_base64 = result.is_none().then(|| BASE64_STANDARD.encode(value));
        Self { id: id.to_string(), result, result_base64 }
    }
}

/// A job that was looked at.
#[derive(Debug, Serialize)]
pub(super) struct JobView<'a> {
    id: String,
    state: &'static str,
    lane: &'a str,
    #[serde(flatten)]
    payload: PayloadView<'a>,
    priority: i64,
    cost: i64,
    tries: i64,
    max_tries: i64,
    lapses: i64,
    pushed_at_ms: Millis,
    due_at_ms: Option<Millis>,
    lease_until_ms: Option<Millis>,
    died_at_ms: Option<Millis>,
    key: Option<&'a str>,
    after: Option<String>,
    parent_dead: bool,
    error: Option<&'a str>,
    headers: &'a Headers,
}

impl<'a> JobView<'a> {
    pub(super) fn new(job: &'a JobInfo) -> Self {
        Self {
            id: job.id.to_string(),
            state: job.state.name(),
            lane: &job.lane,
            payload: PayloadView::new(&job.payload),
            priority: job.priority,
            cost: job.cost,
            tries: job.tries,
            max_tries: job.max_tries,
            lapses: job.lapses,
            pushed_at_ms: job.pushed_at,
            due_at_ms: job.due_at,
            lease_until_ms: job.lease_until,
            died_at_ms: job.died_at,
            key: job.key.as_deref(),
            after: job.after.map(|id| id.to_string()),
            parent_dead: job.parent_dead,
            error: job.error.as_deref(),
            headers: &job.headers,
        }
    }
}

/// A job that was delivered.
#[derive(Debug, Serialize)]
pub(super) struct DeliveryView<'a> {
    id: String,
    token: String,
    lane: &'a str,
    #[serde(flatten)]
    payload: PayloadView<'a>,
    priority: i64,
    cost: i64,
    tries: i64,
    max_tries: i64,
    lapses: i64,
    pushed_at_ms: Millis,
    started_at_ms: Millis,
    lease_until_ms: Option<Millis>,
    key: Option<&'a str>,
    after: Option<String>,
    error: Option<&'a str>,
    headers: &'a Headers,
}

impl<'a> DeliveryView<'a> {
    pub(super) fn new(job: &'a Job) -> Self {
        Self {
            id: job.id.to_string(),
            token: job.token.to_string(),
            lane: &job.lane,
            payload: PayloadView::new(&job.payload),
            priority: job.priority,
            cost: job.cost,
            tries: job.tries,
            max_tries: job.max_tries,
            lapses: job.lapses,
            pushed_at_ms: job.pushed_at,
            started_at_ms: job.started_at,
            lease_until_ms: job.lease_until,
            key: job.key.as_deref(),
            after: job.after.map(|id| id.to_string()),
            error: job.error.as_deref(),
            headers: &job.headers,
        }
    }
}

/// The limits of a lane or of a queue; 0 is no limit.
#[derive(Debug, Serialize)]
pub(super) struct LimitsView {
    rate_count: i64,
    rate_window_ms: Millis,
    max_in_flight: i64,
    max_waiting: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<i64>,
}

impl LimitsView {
    pub(super) fn of_lane(limits: Limits) -> Self {
        Self { weight: Some(limits.weight), ..Self::of_queue(limits) }
    }

    pub(super) fn of_queue(limits: Limits) -> Self {
        Self {
            rate_count: limits.rate.count,
            rate_window_ms: limits.rate.window,
            max_in_flight: limits.max_in_flight,
            max_waiting: limits.max_waiting,
            weight: None,
        }
    }
}

/// A lane.
#[derive(Debug, Serialize)]
pub(super) struct LaneView<'a> {
    lane: &'a str,
    state: &'static str,
    ready: i64,
    delayed: i64,
    blocked: i64,
    in_flight: i64,
    paused: bool,
    wakes_at_ms: Option<Millis>,
    #[serde(flatten)]
    limits: LimitsView,
}

impl<'a> LaneView<'a> {
    pub(super) fn new(lane: &'a LaneInfo) -> Self {
        Self {
            lane: &lane.name,
            state: lane.state.name(),
            ready: lane.counts.ready,
            delayed: lane.counts.delayed,
            blocked: lane.counts.blocked,
            in_flight: lane.counts.in_flight,
            paused: lane.paused,
            wakes_at_ms: lane.wakes_at,
            limits: LimitsView::of_lane(lane.limits),
        }
    }
}

/// A queue.
#[derive(Debug, Serialize)]
pub(super) struct StatsView<'a> {
    queue: &'a str,
    ready: i64,
    delayed: i64,
    blocked: i64,
    in_flight: i64,
    dead: i64,
    quarantined: i64,
    lanes: i64,
    paused: bool,
    #[serde(flatten)]
    limits: LimitsView,
    pushed: i64,
    completed: i64,
    retried: i64,
    died: i64,
    lapsed: i64,
    /// The store's estimate, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_per_job: Option<u64>,
}

impl<'a> StatsView<'a> {
    pub(super) fn new(queue: &'a str, stats: &Stats, memory: Option<u64>) -> Self {
        Self {
            queue,
            ready: stats.counts.ready,
            delayed: stats.counts.delayed,
            blocked: stats.counts.blocked,
            in_flight: stats.counts.in_flight,
            dead: stats.dead,
            quarantined: stats.quarantined,
            lanes: stats.lanes,
            paused: stats.paused,
            limits: LimitsView::of_queue(stats.limits),
            pushed: stats.pushed,
            completed: stats.completed,
            retried: stats.retried,
            died: stats.died,
            lapsed: stats.lapsed,
            memory,
            memory_per_job: memory.and_then(|bytes| per_job(stats, bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_text_where_they_can_be() {
        let json = |bytes| serde_json::to_string(&PayloadView::new(bytes)).unwrap();
        assert_eq!(json(b"hello"), r#"{"payload":"hello"}"#);
        assert_eq!(json(b"\xff\x00"), r#"{"payload_base64":"/wA="}"#);
    }
}

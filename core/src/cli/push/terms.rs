//! The options of a pushed job.

use std::time::Duration;

use clap::Args;

use crate::backoff::BackoffPolicy;
use crate::cli::times::{parse_moment, parse_rate, parse_span};
use crate::clock::{Millis, millis};
use crate::job::{DEFAULT_LANE, DEFAULT_MAX_TRIES, DEFAULT_PRIORITY, Due, NewJob};
use crate::limits::Rate;
use crate::token::JobId;

/// How jobs are pushed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of the job")]
pub(super) struct Terms {
    /// The lane: one tenant's line in the queue [default: default]
    #[arg(short, long)]
    pub(super) lane: Option<String>,
    /// 0 (bulk) to 9, higher first within the lane
    #[arg(short, long, default_value_t = DEFAULT_PRIORITY, allow_negative_numbers = true)]
    pub(super) priority: i64,
    /// Set the lane's limit: at most this many starts in any second; 0 lifts it
    #[arg(long, value_name = "COUNT", conflicts_with = "rate", allow_negative_numbers = true)]
    tps: Option<i64>,
    /// Set the lane's limit: at most COUNT starts in any window, as 100/1m; none lifts it
    #[arg(long, value_name = "COUNT/WINDOW", value_parser = parse_rate)]
    rate: Option<Rate>,
    /// Start no sooner than in that time
    #[arg(short, long, value_name = "TIME", value_parser = parse_span)]
    delay: Option<Duration>,
    /// Start no sooner than then: 2030-01-31T18:00 (here), 2030-01-31T18:00:00Z, or milliseconds
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment, conflicts_with = "delay")]
    at: Option<Millis>,
    /// How many starts the job counts as against limits
    #[arg(long, value_name = "COUNT", default_value_t = 1, allow_negative_numbers = true)]
    cost: i64,
    /// Push nothing while a job of that key is queued or running; its id is printed instead
    #[arg(short, long, conflicts_with = "stream")]
    key: Option<String>,
    /// How long from the push a key stays taken at least
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = parse_span)]
    pub(super) key_ttl: Duration,
    /// How often the job is tried before it is dead; -1 for ever
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_MAX_TRIES, allow_negative_numbers = true)]
    max_tries: i64,
    /// The first and shortest wait before a further try [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    backoff_min: Option<Duration>,
    /// The longest wait before a further try [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    backoff_max: Option<Duration>,
    /// What each wait is multiplied by [default: 2]
    #[arg(long, value_name = "FACTOR")]
    backoff_factor: Option<f64>,
    /// Wait the whole backoff, instead of a random part of it
    #[arg(long)]
    no_jitter: bool,
    /// Hide the job until that job has completed
    #[arg(long, value_name = "ID")]
    after: Option<JobId>,
    /// Have a text of that name travel with the job; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_header)]
    header: Vec<(String, String)>,
}

fn parse_header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| format!("{text:?} is not a header: say for example source=import"))?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Terms {
    /// Makes a job of that payload.
    pub(super) fn job(&self, payload: Vec<u8>) -> NewJob {
        let mut job = NewJob::new(payload)
            .lane(self.lane.as_deref().unwrap_or(DEFAULT_LANE))
            .priority(self.priority)
            .cost(self.cost)
            .max_tries(self.max_tries);
        job.rate = self.rate.or(self.tps.map(Rate::per_second));
        job.due = match (self.delay, self.at) {
            (Some(delay), _) => Due::In(millis(delay)),
            (None, Some(moment)) => Due::At(moment),
            (None, None) => Due::Now,
        };
        job.backoff = self.backoff();
        job.after = self.after;
        job.headers = self.header.iter().cloned().collect();
        match &self.key {
            Some(key) => job.key(key, self.key_ttl),
            None => job,
        }
    }

    fn backoff(&self) -> Option<BackoffPolicy> {
        let is_given = self.backoff_min.is_some()
            || self.backoff_max.is_some()
            || self.backoff_factor.is_some()
            || self.no_jitter;
        let BackoffPolicy { min, max, factor, jitter } = BackoffPolicy::RETRY;
        is_given.then(|| {
            let min = self.backoff_min.map_or(min, millis);
            BackoffPolicy {
                min,
                // A first wait that is longer than the default's last one moves that one along.
                max: self.backoff_max.map_or(max.max(min), millis),
                factor: self.backoff_factor.unwrap_or(factor),
                jitter: jitter && !self.no_jitter,
            }
        })
    }
}

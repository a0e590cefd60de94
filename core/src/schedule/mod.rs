//! Schedules: jobs that are pushed again and again, at the ticks of a clock.
//!
//! When the next tick is, and how many were missed, is reckoned here. A store keeps that moment and
//! nothing else of time: see [`crate::store`].

use crate::clock::Millis;
use crate::convert::span_of_millis_within;
use crate::error::{Error, Result};
use crate::job::{Due, MAX_DELAY, MAX_NAME, NewJob, validate_name};

#[cfg(feature = "cron")]
mod cron;
#[cfg(not(feature = "cron"))]
#[path = "no_cron.rs"]
mod cron;
#[cfg(test)]
#[cfg(feature = "cron")]
mod tests;
mod ticks;

pub use ticks::{MISSED_AFTER, MOST_BYTES_CAUGHT_UP, MOST_CAUGHT_UP};

/// The time zone of a cron expression that names none.
pub const DEFAULT_TIMEZONE: &str = "UTC";

/// When a schedule ticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Timing {
    /// By the calendar.
    Cron {
        /// Five fields (minute, hour, day of month, month, day of week), six with seconds first, or
        /// a name such as `@daily`.
        expression: String,
        /// The name of a time zone in the IANA data base, such as `Europe/Berlin`.
        timezone: String,
    },
    /// Each time that so many milliseconds have passed, first when they have passed once.
    Every(Millis),
}

impl Timing {
    /// Gives the expression and the time zone of a schedule that ticks by the calendar.
    pub fn cron(&self) -> Option<(&str, &str)> {
        match self {
            Self::Cron { expression, timezone } => Some((expression, timezone)),
            Self::Every(_) => None,
        }
    }
}

/// What happens to ticks at which nobody was there to push: see [`MISSED_AFTER`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CatchUp {
    /// All of them together give one push.
    #[default]
    One,
    /// They give none.
    Skip,
    /// Each gives one, but no more than [`MOST_CAUGHT_UP`] and [`MOST_BYTES_CAUGHT_UP`] in all.
    All,
}

impl CatchUp {
    /// Lists all.
    pub const ALL: [Self; 3] = [Self::One, Self::Skip, Self::All];

    /// Gives the name that every host shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Skip => "skip",
            Self::All => "all",
        }
    }
}

impl std::str::FromStr for CatchUp {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name).ok_or_else(|| {
            Error::invalid(format!(
                "catch_up {name:?} is not known: accepted are one, skip and all"
            ))
        })
    }
}

/// A job to push at every tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// The name, unique in its queue.
    pub name: String,
    /// When it ticks.
    pub timing: Timing,
    /// What happens to missed ticks; [`CatchUp::One`] by default.
    pub catch_up: CatchUp,
    /// What each tick pushes. A key that a job of an earlier tick still holds makes the tick push
    /// nothing: so jobs of a schedule never overlap.
    pub job: NewJob,
}

impl Schedule {
    /// Makes a schedule by the calendar of UTC; see [`Schedule::timezone`].
    pub fn cron(name: impl Into<String>, expression: impl Into<String>, job: NewJob) -> Self {
        let timezone = DEFAULT_TIMEZONE.to_owned();
        Self::new(name, Timing::Cron { expression: expression.into(), timezone }, job)
    }

    /// Makes a schedule that ticks each time that `interval` has passed.
    pub fn every(name: impl Into<String>, interval: std::time::Duration, job: NewJob) -> Self {
        Self::new(name, Timing::Every(crate::clock::millis(interval)), job)
    }

    /// Makes a schedule.
    pub fn new(name: impl Into<String>, timing: Timing, job: NewJob) -> Self {
        Self { name: name.into(), timing, catch_up: CatchUp::default(), job }
    }

    /// Sets the time zone of a cron expression; without effect on others.
    pub fn timezone(mut self, name: impl Into<String>) -> Self {
        if let Timing::Cron { timezone, .. } = &mut self.timing {
            *timezone = name.into();
        }
        self
    }

    /// Sets what happens to missed ticks.
    pub fn catch_up(mut self, catch_up: CatchUp) -> Self {
        self.catch_up = catch_up;
        self
    }

    /// Checks the ranges, all but those of a cron expression.
    ///
    /// # Errors
    /// `PayloadTooLarge`; `InvalidArgument` names the field that is out of range.
    pub fn validate(&self, max_payload: usize) -> Result<()> {
        validate_name("schedule", &self.name)?;
        match &self.timing {
            Timing::Every(interval) => {
                span_of_millis_within("every", *interval, 1..=MAX_DELAY)?;
            }
            Timing::Cron { expression, timezone } => {
                validate_length("cron", expression)?;
                validate_length("timezone", timezone)?;
            }
        }
        let job = &self.job;
        if job.due != Due::Now || job.after.is_some() || job.rate.is_some() {
            return Err(Error::invalid(
                "a scheduled job with a delay, a parent or a rate is not accepted: the tick says \
                 when it may start, limits of its lane are set apart",
            ));
        }
        if !job.headers.is_empty() {
            return Err(Error::invalid(
                "a scheduled job with headers is not accepted: headers are of one push",
            ));
        }
        job.validate(max_payload)
    }

    /// Tells whether it ticks by the clock on the wall, so that its next tick stays where it is when
    /// that clock is set.
    pub(crate) fn is_of_the_calendar(&self) -> bool {
        self.timing.cron().is_some()
    }
}

fn validate_length(what: &str, text: &str) -> Result<()> {
    if (1..=MAX_NAME).contains(&text.len()) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{what} of {} bytes is not accepted: accepted are 1 to {MAX_NAME} bytes",
        text.len()
    )))
}

/// A schedule as it stands in the store.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleInfo {
    /// The schedule.
    pub schedule: Schedule,
    /// When it ticks next, in milliseconds since the Unix epoch; not after now if the tick has come
    /// and is not pushed yet.
    pub next_at: Millis,
    /// The latest tick for which something was pushed or skipped; `None` if there was none.
    pub last_at: Option<Millis>,
}

/// Reads the two ways to say when a schedule ticks; a time zone other than the default is of the
/// calendar alone.
///
/// # Errors
/// `InvalidArgument` if both are given or none, or a time zone with an interval.
pub fn timing(cron: Option<&str>, every: Option<Millis>, timezone: &str) -> Result<Timing> {
    match (cron, every) {
        (Some(expression), None) => {
            Ok(Timing::Cron { expression: expression.to_owned(), timezone: timezone.to_owned() })
        }
        (None, Some(interval)) if timezone == DEFAULT_TIMEZONE => Ok(Timing::Every(interval)),
        (None, Some(_)) => Err(Error::invalid(format!(
            "timezone {timezone:?} is given with every: accepted is one with cron"
        ))),
        (Some(_), Some(_)) => Err(crate::given::both("cron", "every")),
        (None, None) => Err(Error::invalid("cron and every are both missing: one is needed")),
    }
}

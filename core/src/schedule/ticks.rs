//! Which tick is next, and what those that have come amount to.

use crate::clock::Millis;
use crate::error::Result;
use crate::schedule::cron::Calendar;
use crate::schedule::{CatchUp, Schedule, Timing};

/// How late the latest tick may be to count as in time, in milliseconds. A tick that is later, or
/// after which the next one has come, was missed.
pub const MISSED_AFTER: Millis = 60_000;

/// The most missed ticks for which [`CatchUp::All`] pushes.
pub const MOST_CAUGHT_UP: usize = 1_000;

/// The most bytes of payloads that [`CatchUp::All`] pushes for missed ticks.
pub const MOST_BYTES_CAUGHT_UP: usize = 64 << 20;

/// What the ticks that have come amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticked {
    /// How many jobs to push.
    pub(crate) pushes: usize,
    /// The latest tick that has come.
    pub(crate) last_at: Millis,
    /// The first one that has not.
    pub(crate) next_at: Millis,
}

impl Schedule {
    /// Gives the first tick of a schedule that is made at `now`.
    ///
    /// # Errors
    /// `InvalidArgument` if the expression or the time zone is not accepted; `Unsupported` if this
    /// build knows no calendar.
    pub(crate) fn first_at(&self, now: Millis) -> Result<Millis> {
        match &self.timing {
            Timing::Every(interval) => Ok(now + interval),
            Timing::Cron { expression, timezone } => {
                Calendar::read(expression, timezone)?.next_after(now)
            }
        }
    }

    /// Reckons up the ticks from `next_at`, which has come, until `now`.
    ///
    /// # Errors
    /// As [`Schedule::first_at`].
    pub(crate) fn ticked(&self, next_at: Millis, now: Millis) -> Result<Ticked> {
        let (count, last_at, next_at) = match &self.timing {
            Timing::Every(interval) => {
                let later = (now - next_at) / interval;
                let last_at = next_at + later * interval;
                let count = usize::try_from(later + 1).unwrap_or(MOST_CAUGHT_UP);
                (count.min(MOST_CAUGHT_UP), last_at, last_at + interval)
            }
            Timing::Cron { expression, timezone } => {
                let calendar = Calendar::read(expression, timezone)?;
                let count = match self.catch_up {
                    CatchUp::All => count_until(&calendar, next_at, now)?,
                    CatchUp::One | CatchUp::Skip => 1,
                };
                let last_at = calendar.latest_until(now)?.max(next_at);
                (count, last_at, calendar.next_after(now)?)
            }
        };
        let pushes = match self.catch_up {
            CatchUp::All => {
                count.min((MOST_BYTES_CAUGHT_UP / self.job.payload.len().max(1)).max(1))
            }
            CatchUp::One => 1,
            CatchUp::Skip => usize::from(now - last_at <= MISSED_AFTER),
        };
        Ok(Ticked { pushes, last_at, next_at })
    }
}

/// Counts the ticks from one of them until a moment, as far as they are caught up with.
fn count_until(calendar: &Calendar, first: Millis, until: Millis) -> Result<usize> {
    let (mut count, mut tick) = (1, first);
    while count < MOST_CAUGHT_UP {
        tick = calendar.next_after(tick)?;
        if tick > until {
            break;
        }
        count += 1;
    }
    Ok(count)
}

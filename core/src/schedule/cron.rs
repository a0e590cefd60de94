//! Ticks by the calendar: croner reads the expression, jiff knows the time zones.

use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Year};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::clock::Millis;
use crate::error::{Error, Result};

/// A cron expression in a time zone.
pub(super) struct Calendar {
    cron: Cron,
    zone: TimeZone,
}

impl Calendar {
    /// Reads an expression and the name of a time zone.
    pub(super) fn read(expression: &str, timezone: &str) -> Result<Self> {
        // A year would let a schedule end, and nobody would be told.
        let parser = CronParser::builder().year(Year::Disallowed).build();
        let cron = parser.parse(expression).map_err(|_| refused(expression))?;
        let zone = TimeZone::get(timezone).map_err(|_| {
            Error::invalid(format!(
                "timezone {timezone:?} is not known: accepted are names of the IANA data base, \
                 such as UTC and Europe/Berlin"
            ))
        })?;
        Ok(Self { cron, zone })
    }

    /// Gives the first tick after a moment.
    pub(super) fn next_after(&self, moment: Millis) -> Result<Millis> {
        let next = self.cron.find_next_occurrence(&self.zoned(moment)?, false);
        self.moment(next)
    }

    /// Gives the latest tick that is not after a moment.
    pub(super) fn latest_until(&self, moment: Millis) -> Result<Millis> {
        let latest = self.cron.find_previous_occurrence(&self.zoned(moment)?, true);
        self.moment(latest)
    }

    fn zoned(&self, moment: Millis) -> Result<Zoned> {
        let timestamp = Timestamp::from_millisecond(moment)
            .map_err(|_| Error::invalid(format!("moment {moment} ms is not on the calendar")))?;
        Ok(timestamp.to_zoned(self.zone.clone()))
    }

    fn moment(&self, found: Result<Zoned, CronError>) -> Result<Millis> {
        match found {
            Ok(zoned) => Ok(zoned.timestamp().as_millisecond()),
            Err(_) => Err(Error::invalid(format!(
                "cron {:?} never ticks: accepted are expressions of a day that comes",
                self.cron.as_str()
            ))),
        }
    }
}

fn refused(expression: &str) -> Error {
    Error::invalid(format!(
        "cron {expression:?} is not accepted: accepted are five fields (minute, hour, day \
         of month, month, day of week), six with seconds first, or a name such as @daily"
    ))
}

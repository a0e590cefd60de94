//! Lengths of time, moments and rates, as people write and read them.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use crate::clock::Millis;
use crate::limits::Rate;

/// Reads a length of time: `10s`, `1m30s`, `250ms`, `2h`, `7d`. A day has 24 hours.
pub(super) fn parse_span(text: &str) -> Result<Duration, String> {
    let refuse =
        || format!("{text:?} is not a length of time: say for example 250ms, 10s, 5m or 7d");
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let span: Span = text.parse().map_err(|_| refuse())?;
    let span = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| refuse())?;
    Duration::try_from(span).map_err(|_| refuse())
}

/// Reads a length of time that is not 0.
pub(super) fn parse_interval(text: &str) -> Result<Duration, String> {
    match parse_span(text)? {
        Duration::ZERO => Err(format!("{text:?} is too short: say for example 500ms or 2s")),
        span => Ok(span),
    }
}

/// Reads a moment: RFC 3339, or a date and time of this place, or milliseconds since 1970.
pub(super) fn parse_moment(text: &str) -> Result<Millis, String> {
    if let Ok(moment) = text.parse::<Millis>() {
        return Ok(moment);
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment.as_millisecond());
    }
    text.parse::<DateTime>()
        .and_then(|local| local.to_zoned(TimeZone::system()))
        .map(|zoned| zoned.timestamp().as_millisecond())
        .map_err(|_| {
            format!(
                "{text:?} is not a moment: say for example 2030-01-31T18:00 (the time of this \
                 place), 2030-01-31T18:00:00Z or milliseconds since 1970"
            )
        })
}

/// Reads a rate: `100/1m`, `10/s`, or `0` and `none` for no limit.
pub(super) fn parse_rate(text: &str) -> Result<Rate, String> {
    if matches!(text, "0" | "none") {
        return Ok(Rate::UNLIMITED);
    }
    let refuse = || format!("{text:?} is not a rate: say for example 10/s, 100/1m or none");
    let (count, window) = text.split_once('/').ok_or_else(refuse)?;
    let count = count.parse().map_err(|_| refuse())?;
    let window = if window.starts_with(|first: char| first.is_ascii_alphabetic()) {
        parse_span(&format!("1{window}"))
    } else {
        parse_span(window)
    };
    Ok(Rate::new(count, window.map_err(|_| refuse())?))
}

/// Writes a length of time, no finer than a person cares for.
pub(super) fn show_span(span: Millis) -> String {
    let rounded = match span {
        ..10_000 => span,
        10_000..3_600_000 => span / 1_000 * 1_000,
        _ => span / 60_000 * 60_000,
    };
    format!("{:#}", SignedDuration::from_millis(rounded))
}

/// Writes a moment in the time of this place.
pub(super) fn show_moment(moment: Millis) -> String {
    Timestamp::from_millisecond(moment).map_or_else(
        |_| moment.to_string(),
        |moment| moment.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// Writes a rate the way [`parse_rate`] reads it.
pub(super) fn show_rate(rate: Rate) -> String {
    match (rate.is_unlimited(), rate.window) {
        (true, _) => "none".to_owned(),
        (_, 1_000) => format!("{}/s", rate.count),
        (_, window) => format!("{}/{}", rate.count, show_span(window)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_units() {
        for (text, millis) in
            [("250ms", 250), ("10s", 10_000), ("1m30s", 90_000), ("7d", 604_800_000), ("0", 0)]
        {
            assert_eq!(parse_span(text).unwrap(), Duration::from_millis(millis), "{text}");
        }
        for text in ["", "10", "-5s", "5 parsecs", "1 month"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
        assert!(parse_interval("0s").is_err());
    }

    #[test]
    fn moments_are_absolute_local_or_counted() {
        assert_eq!(parse_moment("1970-01-01T00:00:01Z").unwrap(), 1_000);
        assert_eq!(parse_moment("1970-01-01T01:00:00+01:00").unwrap(), 0);
        assert_eq!(parse_moment("1500").unwrap(), 1_500);
        let local = parse_moment("2030-01-31T18:00").unwrap();
        assert_eq!(show_moment(local), "2030-01-31 18:00:00");
        assert!(parse_moment("tomorrow").is_err());
    }

    #[test]
    fn rates_read_as_they_are_shown() {
        for (text, count, window) in [("10/s", 10, 1_000), ("100/1m", 100, 60_000)] {
            let rate = parse_rate(text).unwrap();
            assert_eq!(rate, Rate { count, window });
            assert_eq!(show_rate(rate), text);
        }
        assert!(parse_rate("none").unwrap().is_unlimited());
        for text in ["10", "10/", "/s", "x/1s", "1/1"] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn long_times_are_shown_coarsely() {
        assert_eq!(show_span(1_500), "1s 500ms");
        assert_eq!(show_span(90_500), "1m 30s");
        assert_eq!(show_span(3_661_000), "1h 1m");
    }
}

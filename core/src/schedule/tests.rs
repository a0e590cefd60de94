use super::*;
use crate::clock::Millis;

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;

fn moment(text: &str) -> Millis {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

fn told(moment: Millis) -> String {
    jiff::Timestamp::from_millisecond(moment).unwrap().to_string()
}

fn cron(expression: &str, timezone: &str) -> Schedule {
    Schedule::cron("a", expression, NewJob::new("x")).timezone(timezone)
}

/// Lists the first ticks after a moment.
fn ticks(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
    let mut ticks = vec![schedule.first_at(moment(after)).unwrap()];
    while ticks.len() < count {
        let last = ticks[ticks.len() - 1];
        ticks.push(schedule.ticked(last, last).unwrap().next_at);
    }
    ticks.into_iter().map(told).collect()
}

#[test]
fn an_expression_ticks_in_its_time_zone() {
    let daily = cron("0 9 * * *", "Europe/Berlin");
    assert_eq!(
        ticks(&daily, "2026-03-27T08:00:00.001Z", 3),
        ["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z", "2026-03-30T07:00:00Z"]
    );
    let seconds = cron("*/20 * * * * *", "UTC");
    assert_eq!(
        ticks(&seconds, "2026-01-01T00:00:00.500Z", 2),
        ["2026-01-01T00:00:20Z", "2026-01-01T00:00:40Z"]
    );
    let named = cron("@daily", "Asia/Kolkata");
    assert_eq!(ticks(&named, "2026-01-01T00:00:00Z", 1), ["2026-01-01T18:30:00Z"]);
}

/// In Berlin, 2026-03-29 has no time from 02:00 to 03:00.
#[test]
fn in_the_hour_that_a_zone_skips_a_time_of_day_comes_at_its_end_and_a_rhythm_goes_on() {
    let time_of_day = cron("30 2 * * *", "Europe/Berlin");
    assert_eq!(
        ticks(&time_of_day, "2026-03-28T12:00:00Z", 2),
        ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
    );
    let rhythm = cron("*/30 * * * *", "Europe/Berlin");
    assert_eq!(
        ticks(&rhythm, "2026-03-29T00:15:00Z", 3),
        ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]
    );
}

/// In Berlin, 2026-10-25 has the time from 02:00 to 03:00 twice.
#[test]
fn in_the_hour_that_a_zone_repeats_a_time_of_day_comes_once_and_a_rhythm_goes_on() {
    let time_of_day = cron("30 2 * * *", "Europe/Berlin");
    assert_eq!(
        ticks(&time_of_day, "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
    );
    let rhythm = cron("*/30 * * * *", "Europe/Berlin");
    assert_eq!(
        ticks(&rhythm, "2026-10-25T00:15:00Z", 4),
        [
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25T01:30:00Z",
            "2026-10-25T02:00:00Z"
        ]
    );
}

#[test]
fn missed_ticks_are_caught_up_with_as_told() {
    let now = moment("2026-01-01T12:00:00.250Z");
    let first = moment("2026-01-01T09:00:00Z");
    for (schedule, ticks) in [
        (cron("0 * * * *", "UTC"), 4),
        (Schedule::new("a", Timing::Every(HOUR), NewJob::new("x")), 4),
    ] {
        for (catch_up, pushes) in [(CatchUp::One, 1), (CatchUp::Skip, 1), (CatchUp::All, ticks)] {
            let ticked = schedule.clone().catch_up(catch_up).ticked(first, now).unwrap();
            assert_eq!(ticked.pushes, pushes, "{catch_up:?}");
            assert_eq!(told(ticked.last_at), "2026-01-01T12:00:00Z");
            assert_eq!(told(ticked.next_at), "2026-01-01T13:00:00Z");
        }
        let late = now + MISSED_AFTER;
        let ticked = schedule.catch_up(CatchUp::Skip).ticked(first, late).unwrap();
        assert_eq!(ticked.pushes, 0);
    }
}

#[test]
fn what_is_caught_up_with_is_bounded() {
    let year = 365 * 24 * HOUR;
    let often =
        [cron("* * * * * *", "UTC"), Schedule::new("a", Timing::Every(1), NewJob::new("x"))];
    for schedule in often {
        let schedule = schedule.catch_up(CatchUp::All);
        let first = moment("2026-01-01T00:00:00Z");
        assert_eq!(schedule.ticked(first, first + year).unwrap().pushes, MOST_CAUGHT_UP);
    }
    let large = NewJob::new(vec![0; 16 << 20]);
    let schedule = Schedule::new("a", Timing::Every(1), large).catch_up(CatchUp::All);
    assert_eq!(schedule.ticked(0, 100).unwrap().pushes, 4);
}

#[test]
fn what_never_ticks_or_cannot_be_read_is_refused() {
    for (expression, timezone, message) in [
        (
            "0 0 30 2 *",
            "UTC",
            "cron \"0 0 30 2 *\" never ticks: accepted are expressions of a day that comes",
        ),
        (
            "0 9 * * *",
            "Europe/Bonn",
            "timezone \"Europe/Bonn\" is not known: accepted are names of the IANA data base, such \
             as UTC and Europe/Berlin",
        ),
    ] {
        let error = cron(expression, timezone).first_at(0).unwrap_err();
        assert_eq!(error.message(), message);
    }
    for expression in ["61 * * * *", "hello", "* * * *", "0 0 0 1 1 * 2027"] {
        let error = cron(expression, "UTC").first_at(0).unwrap_err();
        assert!(error.message().starts_with("cron \""), "{error}");
        assert!(error.message().ends_with("or a name such as @daily"), "{error}");
    }
}

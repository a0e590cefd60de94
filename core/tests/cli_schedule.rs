//! The program: schedules.
#![cfg(all(feature = "cli", feature = "cron", feature = "sqlite", unix))]

mod program;

use program::{Program, number, text};

#[test]
fn a_schedule_is_kept_listed_and_ended() {
    let program = Program::new();
    let kept = program.json("schedule tidy hello --every 1h --lane chores");
    assert_eq!((text(&kept, "schedule"), text(&kept, "lane")), ("tidy", "chores"));
    assert_eq!((number(&kept, "every_ms"), text(&kept, "payload")), (3_600_000, "hello"));
    let again = program.json("schedule tidy hello --every 1h --lane chores");
    assert_eq!(number(&again, "next_at_ms"), number(&kept, "next_at_ms"));

    let daily = program.json("schedule report --cron @daily --timezone Asia/Tokyo --catch-up skip");
    assert_eq!((text(&daily, "cron"), text(&daily, "timezone")), ("@daily", "Asia/Tokyo"));
    assert_eq!(text(&daily, "catch_up"), "skip");
    let listed = program.run("schedules").ok().out;
    assert!(listed.contains("every 1h"), "{listed}");
    assert!(listed.contains("@daily (Asia/Tokyo)"), "{listed}");

    program.run("unschedule tidy").ok();
    assert_eq!(program.run("unschedule tidy").code, 3);
    assert_eq!(text(&program.json("schedules"), "schedule"), "report");
}

#[test]
fn a_tick_is_worked_off() {
    let program = Program::new();
    program.run("schedule tidy hello --every 10ms").ok();
    assert_eq!(text(&program.json("pop --wait 1m"), "payload"), "hello");
}

#[test]
fn what_cannot_be_scheduled_is_a_usage_error() {
    let program = Program::new();
    for line in [
        "schedule a",
        "schedule a --cron @daily --every 1s",
        "schedule a --cron hello",
        "schedule a --cron @daily --timezone Mars",
        "schedule a --every 0",
        "schedule a --every 1s --catch-up two",
    ] {
        assert_eq!(program.run(line).code, 2, "{line}");
    }
}

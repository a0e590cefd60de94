//! Schedules by example, each on every store: what they push, and when.

use std::sync::Arc;
use std::time::Duration;

use fairlane::clock::{Clock, ManualClock};
use fairlane::{
    BackoffPolicy, CatchUp, ErrorCode, LimitsChange, NewJob, Queue, Schedule, ScheduleInfo, Timing,
};
use fairlane_tests::stores::{self, DAWN};

const LEASE: Duration = Duration::from_secs(100_000);
const NOW: Duration = Duration::ZERO;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

struct Bench {
    queue: Queue,
    clock: Arc<ManualClock>,
}

fn on_each_store(test: impl Fn(Bench)) {
    stores::on_each("schedules", |queue, clock| test(Bench { queue, clock }));
}

fn every(name: &str, millis: i64) -> Schedule {
    Schedule::new(name, Timing::Every(millis), NewJob::new(name))
}

impl Bench {
    fn schedule(&self, schedule: Schedule) {
        self.queue.schedule(schedule).unwrap();
    }

    /// Pops all that is ready; gives the payloads.
    fn pop_all(&self) -> Vec<String> {
        let jobs = self.queue.pop_many(2_000, NOW, LEASE).unwrap();
        jobs.into_iter().map(|job| String::from_utf8(job.payload).unwrap()).collect()
    }

    fn pushed(&self) -> i64 {
        self.queue.stats().unwrap().pushed
    }

    fn the_only_one(&self) -> ScheduleInfo {
        let mut all = self.queue.schedules().unwrap();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }
}

#[test]
fn each_tick_gives_a_job_and_none_comes_before_its_time() {
    on_each_store(|bench| {
        bench.schedule(every("a", 10 * SECOND));
        bench.clock.advance(10 * SECOND - 1);
        assert_eq!(bench.pop_all(), [""; 0]);
        for _ in 0..3 {
            bench.clock.advance(1);
            assert_eq!(bench.pop_all(), ["a"]);
            assert_eq!(bench.pop_all(), [""; 0]);
            bench.clock.advance(10 * SECOND - 1);
        }
    });
}

#[test]
fn a_tick_by_the_calendar_comes_at_its_time_of_day() {
    on_each_store(|bench| {
        // DAWN is 2023-11-14 22:13:20 in UTC, and 23:13:20 in Berlin.
        let daily = Schedule::cron("a", "30 23 * * *", NewJob::new("a"));
        bench.schedule(daily.timezone("Europe/Berlin"));
        assert_eq!(bench.the_only_one().next_at, DAWN + 16 * MINUTE + 40 * SECOND);
        bench.clock.advance(16 * MINUTE + 40 * SECOND);
        assert_eq!(bench.pop_all(), ["a"]);
        assert_eq!(bench.the_only_one().next_at - bench.clock.now(), 24 * 60 * MINUTE);
    });
}

#[test]
fn a_busy_queue_fires_as_an_idle_one_does() {
    on_each_store(|bench| {
        bench.schedule(every("a", SECOND));
        bench.queue.push_many(vec![NewJob::new("b"); 3]).unwrap();
        bench.clock.advance(SECOND);
        let first = bench.queue.pop(NOW, LEASE).unwrap().unwrap();
        assert_eq!(first.payload, b"b");
        assert_eq!(bench.pushed(), 4);
    });
}

#[test]
fn a_sweep_fires_too() {
    on_each_store(|bench| {
        bench.schedule(every("a", SECOND));
        bench.clock.advance(SECOND);
        bench.queue.dethrottle().unwrap();
        assert_eq!(bench.pushed(), 1);
    });
}

#[test]
fn ticks_of_a_paused_queue_are_pushed_and_wait() {
    on_each_store(|bench| {
        bench.schedule(every("a", SECOND));
        bench.queue.pause(None).unwrap();
        bench.clock.advance(SECOND);
        assert_eq!(bench.pop_all(), [""; 0]);
        assert_eq!(bench.pushed(), 1);
        bench.queue.resume(None).unwrap();
        assert_eq!(bench.pop_all(), ["a"]);
    });
}

#[test]
fn the_jobs_are_as_the_schedule_says() {
    on_each_store(|bench| {
        let backoff = BackoffPolicy { min: 5, max: 5, factor: 1.0, jitter: false };
        let job = NewJob::new("x").lane("l").priority(7).cost(3).max_tries(2).backoff(backoff);
        let job = job.key("k", NOW);
        bench.schedule(Schedule::new("a", Timing::Every(SECOND), job.clone()));
        assert_eq!(bench.the_only_one().schedule.job, job);
        bench.clock.advance(SECOND);
        let got = bench.queue.pop(NOW, LEASE).unwrap().unwrap();
        assert_eq!((got.lane.as_str(), got.priority, got.cost), ("l", 7, 3));
        assert_eq!((got.max_tries, got.key.as_deref()), (2, Some("k")));
        bench.queue.retry(&got.token, "no good", None).unwrap();
        assert_eq!(bench.queue.get(got.id).unwrap().unwrap().due_at, Some(bench.clock.now() + 5));
    });
}

#[test]
fn jobs_with_a_key_never_overlap() {
    on_each_store(|bench| {
        let job = NewJob::new("a").key("only one", NOW);
        bench.schedule(Schedule::new("a", Timing::Every(SECOND), job));
        bench.clock.advance(SECOND);
        let running = bench.queue.pop(NOW, LEASE).unwrap().unwrap();
        bench.clock.advance(SECOND);
        assert_eq!(bench.pop_all(), [""; 0]);
        bench.queue.mark_complete(&running.token).unwrap();
        bench.clock.advance(SECOND);
        assert_eq!(bench.pop_all(), ["a"]);
    });
}

#[test]
fn a_schedule_that_is_made_again_keeps_its_next_tick_if_nothing_differs() {
    on_each_store(|bench| {
        bench.schedule(every("a", MINUTE));
        bench.clock.advance(40 * SECOND);
        bench.schedule(every("a", MINUTE));
        assert_eq!(bench.the_only_one().next_at, DAWN + MINUTE);
        bench.clock.advance(20 * SECOND);
        assert_eq!(bench.pop_all(), ["a"]);
        let kept = bench.the_only_one();
        assert_eq!((kept.last_at, kept.next_at), (Some(DAWN + MINUTE), DAWN + 2 * MINUTE));

        bench.clock.advance(SECOND);
        let other = Schedule::new("a", Timing::Every(MINUTE), NewJob::new("other"));
        bench.schedule(other.clone());
        let replaced = bench.the_only_one();
        assert_eq!(replaced.schedule, other);
        assert_eq!((replaced.last_at, replaced.next_at), (None, bench.clock.now() + MINUTE));
    });
}

#[test]
fn an_ended_schedule_pushes_no_more_and_its_jobs_stay() {
    on_each_store(|bench| {
        bench.schedule(every("a", SECOND));
        bench.clock.advance(SECOND);
        bench.queue.dethrottle().unwrap();
        assert!(bench.queue.unschedule("a").unwrap());
        assert!(!bench.queue.unschedule("a").unwrap());
        bench.clock.advance(10 * SECOND);
        assert_eq!(bench.pop_all(), ["a"]);
        assert_eq!(bench.queue.schedules().unwrap(), []);
    });
}

#[test]
fn missed_ticks_are_caught_up_with_as_told() {
    on_each_store(|bench| {
        for (catch_up, name) in
            [(CatchUp::One, "one"), (CatchUp::Skip, "skip"), (CatchUp::All, "all")]
        {
            bench.schedule(every(name, 10 * MINUTE).catch_up(catch_up));
        }
        // The latest tick is 5 minutes ago.
        bench.clock.advance(35 * MINUTE);
        let mut got = bench.pop_all();
        got.sort();
        assert_eq!(got, ["all", "all", "all", "one"]);
        bench.clock.advance(5 * MINUTE);
        let mut got = bench.pop_all();
        got.sort();
        assert_eq!(got, ["all", "one", "skip"]);
    });
}

#[test]
fn a_tick_for_which_there_is_no_room_is_skipped() {
    on_each_store(|bench| {
        let change = LimitsChange { max_waiting: Some(1), ..LimitsChange::default() };
        bench.queue.set_limits(None, change).unwrap();
        bench.queue.push(NewJob::new("b")).unwrap();
        bench.schedule(every("a", SECOND));
        bench.clock.advance(SECOND);
        bench.queue.dethrottle().unwrap();
        assert_eq!(bench.pop_all(), ["b"]);
        bench.clock.advance(SECOND);
        assert_eq!(bench.pop_all(), ["a"]);
    });
}

#[test]
fn a_clock_that_is_set_back_pushes_no_tick_of_the_calendar_twice() {
    on_each_store(|bench| {
        bench.schedule(every("every", 30 * MINUTE));
        bench.schedule(Schedule::cron("cron", "30 22 * * *", NewJob::new("cron")));
        bench.clock.advance(20 * MINUTE);
        assert_eq!(bench.pop_all(), ["cron"]);
        bench.clock.advance(-60 * MINUTE);
        bench.queue.dethrottle().unwrap();
        bench.clock.advance(10 * MINUTE);
        assert_eq!(bench.pop_all(), ["every"]);
        bench.clock.advance(50 * MINUTE);
        assert_eq!(bench.pop_all(), ["every"]);
    });
}

#[test]
fn what_cannot_be_scheduled_is_refused() {
    on_each_store(|bench| {
        let refused = |schedule: Schedule| bench.queue.schedule(schedule).unwrap_err();
        let error = refused(every("", SECOND));
        let text = "schedule name of 0 bytes is not accepted: accepted are 1 to 1024 bytes";
        assert_eq!(error.message(), text);
        let error = refused(every("a", 0));
        let text = "every 0 ms is out of range: accepted are 1 ms to 315360000000 ms";
        assert_eq!(error.message(), text);
        let delayed = NewJob::new("").delay(LEASE);
        let error = refused(Schedule::new("a", Timing::Every(1), delayed));
        assert!(error.message().starts_with("a scheduled job with a delay"), "{error}");
        let large = NewJob::new(vec![0; (16 << 20) + 1]);
        let error = refused(Schedule::new("a", Timing::Every(1), large));
        assert_eq!(error.code(), ErrorCode::PayloadTooLarge);
        assert_eq!(bench.queue.schedules().unwrap(), []);
    });
}

//! Schedules whose next ticks are lost: a repair reckons them anew from the latest that were settled.

use std::sync::Arc;

use fairlane::clock::{Clock, ManualClock};
use fairlane::{NewJob, Queue, QueueOptions, Schedule};
use fairlane_tests::redis::RedisServer;
use fairlane_tests::stores::DAWN;

use super::{MINUTE, NOW, SECOND};

struct Ticking {
    server: RedisServer,
    clock: Arc<ManualClock>,
    queue: Queue,
}

impl Ticking {
    /// Makes a queue whose schedules have ticked once.
    fn new(schedules: impl IntoIterator<Item = Schedule>) -> Self {
        let server = RedisServer::start(&[]);
        let clock = Arc::new(ManualClock::new(DAWN));
        let terms: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let options = QueueOptions { clock: terms, ..QueueOptions::default() };
        let queue = Queue::open_with(&server.url(), "ticking", options).unwrap();
        for schedule in schedules {
            queue.schedule(schedule).unwrap();
        }
        let ticking = Self { server, clock, queue };
        ticking.clock.advance(60_000);
        assert!(!ticking.pop().is_empty());
        ticking
    }

    fn lose(&self, command: &[&str]) {
        self.server.command::<()>(command);
    }

    fn pop(&self) -> Vec<String> {
        let jobs = self.queue.pop_many(1_000, NOW, NOW).unwrap();
        let mut names: Vec<_> =
            jobs.into_iter().map(|job| String::from_utf8(job.payload).unwrap()).collect();
        names.sort();
        names
    }
}

fn job(name: &str) -> NewJob {
    NewJob::new(name)
}

#[test]
fn schedules_fire_again_on_their_own_grid() {
    let ticking = Ticking::new([
        Schedule::every("minute", MINUTE, job("minute")),
        Schedule::cron("hour", "1 * * * *", job("hour")),
    ]);
    ticking.queue.schedule(Schedule::every("late", 90 * SECOND, job("late"))).unwrap();
    let before = ticking.queue.schedules().unwrap();
    assert_eq!(before.len(), 3);
    ticking.lose(&["DEL", "{fairlane:ticking}:ticks"]);
    assert!(ticking.queue.schedules().unwrap().is_empty());

    ticking.clock.advance(30_000);
    let repaired = ticking.queue.repair().unwrap();
    assert_eq!(repaired.mended_sums, 3, "{repaired:?}");
    assert!(ticking.queue.repair().unwrap().is_sound());
    let again = ticking.queue.schedules().unwrap();
    for (one, other) in before.iter().zip(&again) {
        // Of one that has never ticked nobody knows when it was made.
        let late = if one.schedule.name == "late" { 30_000 } else { 0 };
        assert_eq!((one.next_at + late, &one.schedule), (other.next_at, &other.schedule));
    }
    ticking.clock.advance(30_000);
    assert_eq!(ticking.pop(), ["minute"]);
    ticking.clock.advance(60_000);
    assert_eq!(ticking.pop(), ["late", "minute"]);
}

#[test]
fn a_tick_that_came_while_its_schedule_was_lost_is_missed_as_any_other() {
    let ticking = Ticking::new([Schedule::every("minute", MINUTE, job("minute"))]);
    ticking.lose(&["DEL", "{fairlane:ticking}:ticks"]);
    ticking.clock.advance(150_000);
    assert!(ticking.pop().is_empty());
    assert_eq!(ticking.queue.repair().unwrap().mended_sums, 1);
    assert_eq!(ticking.pop(), ["minute"]);
    assert_eq!(ticking.queue.schedules().unwrap()[0].next_at, DAWN + 240_000);
}

#[test]
fn many_schedules_are_found_in_parts_and_ticks_of_none_are_dropped() {
    let names: Vec<_> = (0..700).map(|number| format!("{number:03}")).collect();
    let ticking = Ticking::new(names.iter().map(|name| Schedule::every(name, MINUTE, job(name))));
    ticking.lose(&["DEL", "{fairlane:ticking}:ticks"]);
    ticking.lose(&["ZADD", "{fairlane:ticking}:ticks", "9e15", "nobody"]);
    let repaired = ticking.queue.repair().unwrap();
    assert_eq!((repaired.mended_sums, repaired.dropped_entries), (700, 1), "{repaired:?}");
    ticking.clock.advance(60_000);
    assert_eq!(ticking.pop(), names);
}

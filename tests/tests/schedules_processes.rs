//! One schedule and eight processes that wait for its jobs, some of which are killed: each tick is
//! pushed once, and at its time.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::time::{Duration, Instant};

use fairlane::clock::Millis;
use fairlane::{
    CatchUp, Durability, JobId, NewJob, Queue, QueueOptions, Schedule, ScheduleInfo, Timing,
};
use fairlane_tests::faults::server::{Order, Remote};
use fairlane_tests::redis::RedisServer;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fault_process");
const PROCESSES: usize = 8;
const INTERVAL: Millis = 100;
const TICKS: i64 = 40;
const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn each_tick_is_pushed_once_over_one_file() {
    let folder = tempfile::tempdir().unwrap();
    check(&folder.path().join("jobs.db"));
}

#[test]
fn each_tick_is_pushed_once_over_one_server() {
    let server = RedisServer::start(&[]);
    check(Path::new(&server.url()));
}

fn check(place: &Path) {
    let options = QueueOptions { durability: Durability::Normal, ..QueueOptions::default() };
    let queue = Queue::open_with(place.to_str().unwrap(), "work", options).unwrap();
    let start = |_| Remote::start(PROGRAM, place, "work", Durability::Normal);
    let mut workers: Vec<Remote> = (0..PROCESSES).map(start).collect();
    // A machine that stood still for a while must not make two ticks one.
    let schedule = Schedule::new("tick", Timing::Every(INTERVAL), NewJob::new("tick"));
    queue.schedule(schedule.catch_up(CatchUp::All)).unwrap();
    // Read before anybody waits for jobs, and so pushes the first tick.
    let first = the_schedule(&queue).next_at;
    workers.iter_mut().for_each(|worker| worker.send(&Order::Work { lease: HOUR }));
    for killed_at in 1..=4 {
        until(&queue, first + killed_at * INTERVAL * TICKS / 5);
        let mut killed = workers.remove(fastrand::usize(..workers.len()));
        assert!(killed.process.kill());
    }
    until(&queue, first + INTERVAL * TICKS);
    drop(workers);

    let last = the_schedule(&queue).last_at.unwrap();
    let ticks = (last - first) / INTERVAL + 1;
    assert_eq!(queue.stats().unwrap().pushed, ticks);
    let pushed_at = |number| queue.get(JobId(number)).unwrap().unwrap().pushed_at;
    let late = |number: i64| pushed_at(number as u64 + 1) - (first + number * INTERVAL);
    let mut late: Vec<Millis> = (0..ticks).map(late).collect();
    late.sort_unstable();
    let (earliest, median) = (late[0], late[late.len() / 2]);
    println!(
        "{ticks} ticks, pushed {median} ms late (median), {} ms at most",
        late[late.len() - 1]
    );
    assert!(earliest >= 0, "{late:?}");
    // Soon, even on a busy machine: nobody looks for ticks only now and then.
    assert!(median < 2 * INTERVAL, "{late:?}");
}

fn the_schedule(queue: &Queue) -> ScheduleInfo {
    queue.schedules().unwrap().remove(0)
}

/// Waits until a tick has been pushed.
fn until(queue: &Queue, tick: Millis) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while the_schedule(queue).last_at.is_none_or(|last| last < tick) {
        assert!(Instant::now() < deadline, "the tick at {tick} was not pushed");
        std::thread::sleep(Duration::from_millis(5));
    }
}

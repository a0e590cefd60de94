//! A worker that runs until a signal: the test program starts itself, and the test of the same name
//! is the process that works.
#![cfg(all(feature = "cli", feature = "sqlite", unix))]
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod program;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fairlane::worker::{Delivery, Reason};
use fairlane::{JobState, NewJob, Queue, Worker};
use program::Running;
use rustix::process::Signal;
use tempfile::TempDir;

/// Tells the other process which file to open.
const FILE: &str = "FAIRLANE_TEST_FILE";
/// Longer than any test takes: who waits for it is told not to by something else.
const HOUR: Duration = Duration::from_secs(3_600);

/// Gives the queue to work on, in the process that works.
fn queue_to_work_on() -> Option<Queue> {
    let file = std::env::var(FILE).ok()?;
    Some(open(Path::new(&file)))
}

fn open(file: &Path) -> Queue {
    Queue::open(&file.display().to_string(), "work").unwrap()
}

/// A file with two jobs, and a process in which the test of that name works on them.
fn start(test: &str) -> (TempDir, Queue, Running) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.db");
    let queue = open(&file);
    queue.push_many(vec![NewJob::new("first"), NewJob::new("second")]).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(FILE, file);
    let mut running = Running::start(command);
    running.wait_for_line("begins first");
    (folder, queue, running)
}

/// Works on a queue, one job at a time, until a signal.
fn work(queue: &Queue, patience: Duration, handle: fn(&Delivery)) {
    let handler = move |job: &Delivery| {
        println!("begins {}", String::from_utf8_lossy(&job.payload));
        handle(job);
    };
    Worker::new(queue, handler).concurrency(1).run(patience).unwrap();
    println!("has returned");
}

/// Runs until it is told to stop.
fn heed(job: &Delivery) {
    assert_eq!(job.signal().wait(HOUR), Some(Reason::Stopping));
}

fn ignore(_: &Delivery) {
    std::thread::sleep(HOUR);
}

/// Insists that a job waits, untried.
#[track_caller]
fn assert_untried(queue: &Queue, id: &str) {
    let job = queue.get(id.parse().unwrap()).unwrap().unwrap();
    assert_eq!((job.state, job.tries), (JobState::Ready, 0));
}

#[test]
fn the_first_signal_lets_what_runs_finish() {
    if let Some(queue) = queue_to_work_on() {
        return work(&queue, HOUR, heed);
    }
    for signal in [Signal::INT, Signal::TERM] {
        let (_folder, queue, running) = start("the_first_signal_lets_what_runs_finish");
        running.signal(signal);
        assert!(running.finish().ok().out.contains("has returned"));
        assert_eq!(queue.stats().unwrap().completed, 1);
        assert_untried(&queue, "2");
    }
}

#[test]
fn the_second_signal_gives_back_what_runs() {
    if let Some(queue) = queue_to_work_on() {
        return work(&queue, HOUR, ignore);
    }
    let (_folder, queue, mut running) = start("the_second_signal_gives_back_what_runs");
    // Two of one kind that come together are one to the system.
    running.signal(Signal::TERM);
    running.signal(Signal::INT);
    running.wait_for_line("has returned");
    assert_untried(&queue, "1");
    assert_untried(&queue, "2");
}

#[test]
fn what_does_not_finish_in_time_is_given_back() {
    if let Some(queue) = queue_to_work_on() {
        return work(&queue, Duration::from_millis(100), ignore);
    }
    let (_folder, queue, mut running) = start("what_does_not_finish_in_time_is_given_back");
    running.signal(Signal::INT);
    running.wait_for_line("has returned");
    assert_untried(&queue, "1");
}

#[test]
fn after_a_run_signals_end_the_process_again() {
    if let Some(queue) = queue_to_work_on() {
        work(&queue, HOUR, heed);
        return std::thread::sleep(HOUR);
    }
    for signal in [Signal::INT, Signal::TERM] {
        let (_folder, _queue, mut running) = start("after_a_run_signals_end_the_process_again");
        running.signal(signal);
        running.wait_for_line("has returned");
        assert!(!running.has_exited());
        running.signal(signal);
        assert_eq!(running.wait_for_signal(), signal.as_raw());
    }
}

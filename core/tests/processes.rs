//! Processes that share a file, on whatever system this runs: the test program starts itself, and
//! the test of the same name is the other process.
#![cfg(feature = "sqlite")]
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Lines, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use fairlane::{Durability, Job, NewJob, Queue, QueueOptions};
use tempfile::TempDir;

/// Tells the other process which file to open.
const FILE: &str = "FAIRLANE_TEST_FILE";
const HOUR: Duration = Duration::from_secs(3600);
/// How long anything may take: far longer than it does, so that only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);
/// What begins a line of the other process that is meant for the test.
const SAYS: &str = "says: ";

#[test]
fn the_job_of_a_killed_process_is_given_to_another_long_before_its_lease_is_over() {
    if let Some(queue) = other_process() {
        say(&payload(&queue.pop(PATIENCE, HOUR).unwrap().unwrap()));
        wait_for_word();
        return;
    }
    let place = Place::new();
    let queue = place.open();
    queue.push(NewJob::new("a job")).unwrap();
    let mut other = place
        .start("the_job_of_a_killed_process_is_given_to_another_long_before_its_lease_is_over");
    assert_eq!(other.hear(), "a job");
    assert!(queue.pop(Duration::ZERO, HOUR).unwrap().is_none(), "its process is alive");
    other.process.kill().unwrap();
    let killed_at = Instant::now();
    let job = queue.pop(PATIENCE, HOUR).unwrap().unwrap();
    println!("taken over after {:?}", killed_at.elapsed());
    assert_eq!((payload(&job).as_str(), job.tries), ("a job", 2));
    queue.mark_complete(&job.token).unwrap();
}

#[test]
fn a_push_wakes_another_process() {
    if let Some(queue) = other_process() {
        say("ready");
        for _ in 0..ROUNDS {
            let job = queue.pop(PATIENCE, HOUR).unwrap().unwrap();
            say(&payload(&job));
            queue.mark_complete(&job.token).unwrap();
        }
        return;
    }
    const ROUNDS: usize = 50;
    let place = Place::new();
    let queue = place.open();
    let mut other = place.start("a_push_wakes_another_process");
    assert_eq!(other.hear(), "ready");
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let pushed_at = Instant::now();
        queue.push(NewJob::new(format!("job {round}"))).unwrap();
        assert_eq!(other.hear(), format!("job {round}"));
        times.push(pushed_at.elapsed());
    }
    times.sort_unstable();
    println!("push to start: {:?} (p50), {:?} (longest)", times[ROUNDS / 2], times[ROUNDS - 1]);
    // Without rings it would look ten times a second.
    assert!(times[ROUNDS / 2] < Duration::from_millis(70), "{times:?}");
    assert!(other.process.wait().unwrap().success());
}

#[test]
fn each_job_is_given_to_one_of_many_processes() {
    if let Some(queue) = other_process() {
        say("ready");
        wait_for_word();
        while let Some(job) = queue.pop(Duration::ZERO, HOUR).unwrap() {
            queue.mark_complete(&job.token).unwrap();
            say(&payload(&job));
        }
        return;
    }
    let place = Place::new();
    let queue = place.open();
    for job in 0..300 {
        queue.push(NewJob::new(job.to_string()).lane(format!("lane {}", job % 7))).unwrap();
    }
    let mut others: Vec<_> =
        (0..3).map(|_| place.start("each_job_is_given_to_one_of_many_processes")).collect();
    for other in &mut others {
        assert_eq!(other.hear(), "ready");
    }
    for other in &mut others {
        drop(other.process.stdin.take());
    }
    let mut given = HashSet::new();
    for other in &mut others {
        while let Some(job) = other.hear_on() {
            assert!(given.insert(job.clone()), "job {job} was given twice");
        }
        assert!(other.process.wait().unwrap().success());
    }
    assert_eq!(given.len(), 300);
    assert_eq!(queue.stats().unwrap().completed, 300);
}

/// A file in a folder of its own.
struct Place(TempDir);

/// The other process.
struct Other {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("jobs.db")
    }

    fn open(&self) -> Queue {
        open(self.file().to_str().unwrap())
    }

    fn start(&self, test: &str) -> Other {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture"])
            .env(FILE, self.file())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Other { process, lines }
    }
}

impl Other {
    fn hear(&mut self) -> String {
        self.hear_on().expect("the other process has ended")
    }

    /// Gives the next that it says; `None` once it has ended.
    fn hear_on(&mut self) -> Option<String> {
        self.lines.find_map(|line| Some(line.unwrap().split_once(SAYS)?.1.to_owned()))
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // That it may have ended is no failure.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Opens the queue, if this is the other process.
fn other_process() -> Option<Queue> {
    let file = std::env::var(FILE).ok()?;
    Some(open(&file))
}

fn open(file: &str) -> Queue {
    let options = QueueOptions { durability: Durability::Normal, ..QueueOptions::default() };
    Queue::open_with(file, "work", options).unwrap()
}

/// Blocks until the test closes standard input, or ends.
fn wait_for_word() {
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

fn say(what: &str) {
    println!("{SAYS}{what}");
}

fn payload(job: &Job) -> String {
    String::from_utf8(job.payload.clone()).unwrap()
}

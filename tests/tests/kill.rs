//! kill -9: of producers and workers at any moment, and how soon others take over.
#![cfg(unix)]

use std::time::{Duration, Instant};

use fairlane::{Durability, Queue};
use fairlane_tests::faults::actor::Habits;
use fairlane_tests::faults::checker::History;
use fairlane_tests::faults::crowd::Crowd;
use fairlane_tests::faults::ledger::moment;
use fairlane_tests::faults::server::{Answer, Order, Remote};
use fairlane_tests::invariants;
use fastrand::Rng;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fault_process");

const MINUTE: Duration = Duration::from_secs(60);

/// The leases outlast the test: what a killed worker held comes again because it was killed, not
/// because its lease lapsed.
#[test]
fn two_hundred_kills_lose_nothing() {
    let seed = fastrand::u64(..1 << 32);
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let mut crowd = Crowd::new(PROGRAM, seed, 2, (600_000, 600_000));
    let queue = crowd.queue();
    for habits in
        [Habits::PRODUCER, Habits::PRODUCER, Habits::WORKER, Habits::WORKER, Habits::WORKER]
    {
        crowd.start(habits);
    }
    // A busy machine may leave the processes little time between kills.
    let has_happened = || {
        let stats = queue.stats().unwrap();
        stats.pushed.min(stats.completed).min(stats.lapsed) > 50
    };
    while crowd.kills < 200 || (crowd.kills < 2_000 && !has_happened()) {
        std::thread::sleep(Duration::from_millis(rng.u64(10..60)));
        crowd.replace_self_killed();
        let place = rng.usize(..crowd.size());
        crowd.kill(place);
    }
    let ledgers = crowd.end(&queue, Duration::from_secs(10));
    let end = queue.dump().unwrap();
    invariants::check(&end).unwrap();
    let mut history = History::of(&ledgers);
    history.check_exclusive();
    let counts = history.count();
    println!("{counts:?}, stats {:?}", end.stats);
    assert_eq!(history.violations(&end), [""; 0], "seed {seed}");
    for event in ["push", "complete", "delivery after a lapse", "cut off"] {
        assert!(counts.get(event).is_some_and(|count| *count > 10), "{event}: {counts:?}");
    }
}

#[test]
fn a_killed_workers_job_runs_again_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("jobs.db");
    let start = || Remote::start(PROGRAM, &file, "work", Durability::Normal);
    let queue = Queue::open(file.to_str().unwrap(), "work").unwrap();
    let wait = Order::Pop { wait: MINUTE, lease: Duration::from_secs(3600) };
    let mut worker = start();
    let mut times: Vec<Duration> = Vec::new();
    for round in 0..15 {
        assert_eq!(worker.push(&format!("job {round}")), Answer::Done);
        assert_eq!(worker.pop(), Some(format!("job {round}")));
        let mut waiting = start();
        waiting.send(&wait);
        // The other worker has nothing to do: nothing tells when it sleeps.
        std::thread::sleep(Duration::from_millis(30));
        let killed_at = moment();
        worker.process.kill();
        let (at, answer) = waiting.receive();
        assert_eq!(answer, Answer::Popped(Some(format!("job {round}"))));
        times.push(Duration::from_nanos(at - killed_at));
        assert_eq!(waiting.ask(&Order::Complete), Answer::Done);
        worker = waiting;
    }
    times.sort_unstable();
    println!("taken over after {:?} (median), {:?} (longest)", times[7], times[14]);
    // A quarter of the times, since a busy machine adds to the others.
    assert!(times[3] < Duration::from_millis(200), "{times:?}");
    assert_eq!(queue.stats().unwrap().lapsed, 15);
}

#[test]
fn a_killed_workers_job_runs_again_while_a_thread_of_this_process_waits() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("jobs.db");
    let queue = Queue::open(file.to_str().unwrap(), "work").unwrap();
    let mut worker = Remote::start(PROGRAM, &file, "work", Durability::Normal);
    assert_eq!(worker.push("job"), Answer::Done);
    assert_eq!(worker.pop().as_deref(), Some("job"));
    let (killed, taken) = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| (queue.pop(MINUTE, MINUTE).unwrap(), Instant::now()));
        std::thread::sleep(Duration::from_millis(30));
        let killed = Instant::now();
        worker.process.kill();
        let (job, taken) = waiting.join().unwrap();
        let job = job.expect("the job of the killed worker");
        assert_eq!((job.tries, job.lapses), (2, 1));
        (killed, taken)
    });
    // Far less than the lease. (How soon it is: the test above.)
    assert!(taken - killed < Duration::from_secs(10), "{:?}", taken - killed);
}

#[test]
fn a_job_that_kills_its_worker_every_time_dies() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("jobs.db");
    let queue = Queue::open(file.to_str().unwrap(), "work").unwrap();
    queue.push(fairlane::NewJob::new("poison").max_tries(3)).unwrap();
    for _ in 0..3 {
        let mut worker = Remote::start(PROGRAM, &file, "work", Durability::Normal);
        assert_eq!(worker.pop().as_deref(), Some("poison"));
        worker.process.kill();
    }
    assert!(queue.pop(Duration::ZERO, MINUTE).unwrap().is_none());
    let dead = queue.failed(10).unwrap();
    assert_eq!((dead.len(), dead[0].lapses, dead[0].tries), (1, 3, 3));
    invariants::check(&queue.dump().unwrap()).unwrap();
}

#[test]
fn work_of_a_process_that_ends_in_peace_comes_again_too() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("jobs.db");
    let queue = Queue::open(file.to_str().unwrap(), "work").unwrap();
    let mut worker = Remote::start(PROGRAM, &file, "work", Durability::Normal);
    assert_eq!(worker.push("job"), Answer::Done);
    assert_eq!(worker.pop().as_deref(), Some("job"));
    worker.finish();
    let job = queue.pop(Duration::from_secs(5), MINUTE).unwrap().expect("the job");
    assert_eq!(job.payload, b"job");
}

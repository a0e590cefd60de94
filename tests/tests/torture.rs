//! Torture: processes and threads do everything at random to one file, kill themselves and are
//! killed; each process keeps a ledger, and a checker decides.
//!
//! `FAIRLANE_TORTURE_SECONDS` makes it longer, `FAIRLANE_TORTURE_SEED` makes the same choices
//! again (which moments they meet depends on the machine).
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use fairlane::{ErrorCode, Queue};
use fairlane_tests::environment::number;
use fairlane_tests::faults::actor::{Actor, Habits};
use fairlane_tests::faults::checker::History;
use fairlane_tests::faults::crowd::Crowd;
use fairlane_tests::faults::hand::drain;
use fairlane_tests::faults::ledger;
use fairlane_tests::faults::limits::limit_lanes;
use fairlane_tests::faults::process::{Process, Role};
use fairlane_tests::faults::shim::Shim;
use fairlane_tests::invariants;
use fastrand::Rng;
use nix::errno::Errno;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fault_process");

/// Everything that has to have happened for the run to mean anything.
const EVENTS: [&str; 17] = [
    "push",
    "pop",
    "complete",
    "follow-up",
    "retry",
    "fail",
    "release",
    "extend",
    "cancel",
    "sweep",
    "stall",
    "stale",
    "die",
    "cut off",
    "delivery",
    "delivery after a lapse",
    "delivery of a child",
];

#[test]
fn processes_that_do_everything_at_random_break_no_promise() {
    let seed = number("FAIRLANE_TORTURE_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    let seconds = number("FAIRLANE_TORTURE_SECONDS").unwrap_or(25);
    println!("FAIRLANE_TORTURE_SEED={seed} FAIRLANE_TORTURE_SECONDS={seconds}");
    let mut rng = Rng::with_seed(seed);
    let mut crowd = Crowd::new(PROGRAM, seed, 3, (100, 400));
    let queue = crowd.queue();
    limit_lanes(&queue);
    for _ in 0..4 {
        crowd.start(Habits::ALL);
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    // On a slow machine it takes longer until one has killed itself.
    let latest = until + Duration::from_secs(60);
    while Instant::now() < until || (crowd.self_kills == 0 && Instant::now() < latest) {
        std::thread::sleep(Duration::from_millis(rng.u64(100..400)));
        crowd.replace_self_killed();
        let place = rng.usize(..crowd.size());
        crowd.kill(place);
    }
    let ledgers = crowd.end(&queue, Duration::from_secs(20));
    let end = queue.dump().unwrap();
    invariants::check(&end).unwrap();

    let mut history = History::of(&ledgers);
    history.check_exclusive();
    history.check_limits();
    let counts = history.count();
    println!("{counts:?}; {} killed, {} by themselves", crowd.kills, crowd.self_kills);
    assert_eq!(history.violations(&end), [""; 0], "seed {seed}");
    for event in EVENTS {
        assert!(counts.get(event).is_some_and(|count| *count > 0), "no {event}: {counts:?}");
    }
    assert!(crowd.kills > 0 && crowd.self_kills > 0);
}

/// Four threads of one process, on a disk that is full or fails again and again.
#[test]
fn a_disk_that_fails_again_and_again_breaks_no_promise() {
    let seed = number("FAIRLANE_TORTURE_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    println!("FAIRLANE_TORTURE_SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    let shim = Shim::new();
    let control = shim.control();
    let ledgers = tempfile::tempdir().unwrap();
    let ledger = |name: &str| ledgers.path().join(name);
    let file = shim.path("jobs.db");
    let queue = Queue::open(file.to_str().unwrap(), "work").unwrap();
    let actor = Actor {
        file,
        queue: "work".into(),
        ledger: ledger("actor"),
        seed,
        threads: 4,
        time: 5_000,
        deeds: u64::MAX,
        is_full: true,
        leases: (600_000, 600_000),
        // Cancels often enough that some are done also where little is done in this time.
        habits: Habits { stall: 0, die: 0, cancel: 40, ..Habits::ALL },
    };
    let mut command = shim.command(PROGRAM);
    Role::Act(actor).add_to(&mut command);
    let mut process = Process::spawn(&mut command);
    while process.ended().is_none() {
        std::thread::sleep(Duration::from_millis(rng.u64(5..30)));
        match rng.u8(..5) {
            0 => control.fill_after(rng.i64(..50_000)),
            1 => control.fail_syncs(Errno::EIO),
            2 => control.fail_writes(Errno::EIO),
            3 => control.shorten_writes(rng.i64(1..5_000)),
            _ => {}
        }
        std::thread::sleep(Duration::from_millis(rng.u64(1..10)));
        control.lift();
    }
    process.finish();
    drain(&queue, &ledger("drain"), Duration::from_secs(20));
    let end = queue.dump().unwrap();
    invariants::check(&end).unwrap();
    let ledgers = ["actor", "drain"].map(|name| ledger::read(&ledger(name)));
    let mut history = History::tolerating(&[ErrorCode::Unavailable], &ledgers);
    history.check_exclusive();
    history.check_all_deliveries_told();
    let counts = history.count();
    println!("{counts:?}; {} calls of the disk failed", control.injected());
    assert_eq!(history.violations(&end), [""; 0], "seed {seed}");
    for event in ["push", "complete", "retry", "release", "cancel", "refused"] {
        assert!(counts.get(event).is_some_and(|count| *count > 5), "{event}: {counts:?}");
    }
}

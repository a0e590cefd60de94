//! Torture on a real Redis server: processes do everything at random, are killed and frozen, while
//! connections are cut and the server is killed, stopped, without memory and without its scripts.
//! Each process keeps a ledger, and a checker decides.
//!
//! `FAIRLANE_TORTURE_SECONDS` makes it longer, `FAIRLANE_TORTURE_SEED` makes the same choices again
//! (which moments they meet depends on the machine).
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fairlane::{ErrorCode, NewJob, Queue};
use fairlane_tests::environment::number;
use fairlane_tests::faults::actor::Habits;
use fairlane_tests::faults::checker::History;
use fairlane_tests::faults::crowd::Crowd;
use fairlane_tests::faults::ledger::{Call, Deed, Outcome};
use fairlane_tests::faults::limits::limit_lanes;
use fairlane_tests::invariants;
use fairlane_tests::redis::{Proxy, RedisServer, await_that};
use fastrand::Rng;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fault_process");

/// Longer than any outage, so that a lapse means a process that was killed, frozen or slow.
const LEASES: (i64, i64) = (2_000, 3_000);

/// A cancel that is sent again cannot tell whether there was a job, so that no cancel is among them.
const HABITS: Habits = Habits { cancel: 0, ..Habits::ALL };

/// Everything that has to have happened for the run to mean anything.
const EVENTS: [&str; 14] = [
    "push",
    "pop",
    "complete",
    "follow-up",
    "retry",
    "fail",
    "release",
    "extend",
    "stall",
    "stale",
    "refused",
    "delivery",
    "delivery after a lapse",
    "delivery of a child",
];

/// What is done to the server and to the processes.
const FAULTS: [&str; 8] = [
    "worker killed",
    "worker frozen",
    "connections cut",
    "replies lost",
    "scripts forgotten",
    "server killed",
    "server stopped",
    "no memory",
];

struct Scene {
    server: RedisServer,
    proxy: Proxy,
    crowd: Crowd,
    rng: Rng,
}

impl Scene {
    /// Does one thing to the server or to a process, and waits until it has shown.
    fn strike(&mut self, fault: &str) {
        let place = self.rng.usize(..self.crowd.size());
        match fault {
            "worker killed" => self.crowd.kill(place),
            "worker frozen" => {
                self.crowd.freeze(place, true);
                sleep(Duration::from_millis(LEASES.1 as u64 + 200));
                self.crowd.freeze(place, false);
            }
            "connections cut" => {
                // After another fault there may be none yet.
                let cut = || self.server.command::<usize>(&["CLIENT", "KILL", "TYPE", "normal"]);
                await_that("connections are cut", || cut() > 0);
            }
            "replies lost" => {
                self.proxy.lose_replies(self.rng.usize(1..6));
                let are_lost = || self.proxy.left_to_lose() == 0;
                await_that("replies are lost", are_lost);
            }
            "scripts forgotten" => self.server.command(&["SCRIPT", "FLUSH"]),
            "server killed" => {
                self.server.kill();
                sleep(Duration::from_millis(self.rng.u64(..500)));
                self.server.restart();
            }
            "server stopped" => {
                self.server.freeze();
                sleep(Duration::from_millis(self.rng.u64(100..1_500)));
                self.server.thaw();
            }
            "no memory" => {
                self.server.command::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
                sleep(Duration::from_millis(300));
                self.server.command::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn faults_of_servers_and_workers_break_no_promise() {
    let seed = number("FAIRLANE_TORTURE_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    let seconds = number("FAIRLANE_TORTURE_SECONDS").unwrap_or(25);
    println!("FAIRLANE_TORTURE_SEED={seed} FAIRLANE_TORTURE_SECONDS={seconds}");
    let server = RedisServer::start(&["appendonly yes", "appendfsync always"]);
    let proxy = Proxy::to(server.port());
    let crowd = Crowd::on_redis(PROGRAM, &proxy.url(), seed, 3, LEASES);
    let mut scene = Scene { server, proxy, crowd, rng: Rng::with_seed(seed) };
    let queue = Queue::open(&scene.server.url(), "work").unwrap();
    limit_lanes(&queue);
    for _ in 0..4 {
        scene.crowd.start(HABITS);
    }
    let mut struck = BTreeMap::new();
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut faults = FAULTS.to_vec();
    while Instant::now() < until || struck.len() < FAULTS.len() {
        scene.rng.shuffle(&mut faults);
        for fault in &faults {
            sleep(Duration::from_millis(scene.rng.u64(100..400)));
            scene.crowd.replace_self_killed();
            scene.strike(fault);
            *struck.entry(*fault).or_insert(0) += 1;
        }
    }
    let ledgers = scene.crowd.end(&queue, Duration::from_secs(20));
    let end = queue.dump().unwrap();
    invariants::check(&end).unwrap();

    let mut history =
        History::tolerating(&[ErrorCode::Unavailable], &ledgers).with_repeated_calls();
    history.check_exclusive();
    history.check_limits();
    let counts = history.count();
    println!("{counts:?}; {struck:?}; {} by themselves", scene.crowd.self_kills);
    assert_eq!(history.violations(&end), [""; 0], "seed {seed}");
    assert_eq!(refused_though_it_frees(&ledgers), [""; 0], "seed {seed}");
    for event in EVENTS {
        assert!(counts.get(event).is_some_and(|count| *count > 0), "no {event}: {counts:?}");
    }
    nobody_is_deaf(&scene, &queue);
}

/// Gives the calls other than pushes that were refused, or a refused push without the server's words.
fn refused_though_it_frees(ledgers: &[Vec<Call>]) -> Vec<String> {
    let is_wrong = |call: &&Call| match &call.outcome {
        Some((_, Outcome::Refused { message, .. })) => {
            !matches!(call.deed, Deed::Push { .. }) || !message.contains("OOM")
        }
        _ => false,
    };
    ledgers.iter().flatten().filter(is_wrong).map(|call| format!("{call:?}")).collect()
}

/// Checks that whoever waits now is woken by a push.
fn nobody_is_deaf(scene: &Scene, queue: &Queue) {
    let waiting = Queue::open(&scene.proxy.url(), "work").unwrap();
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| waiting.pop(Duration::from_secs(60), Duration::ZERO));
        sleep(Duration::from_millis(50));
        let pushed = Instant::now();
        queue.push(NewJob::new("awake")).unwrap();
        assert_eq!(worker.join().unwrap().unwrap().expect("a job").payload, b"awake");
        // Without a call it would look after five seconds.
        assert!(pushed.elapsed() < Duration::from_secs(4), "{:?}", pushed.elapsed());
    });
}

//! The node that serves a queue changes: clusters and sentinels.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fairlane::store::redis::driver::Waiter;
use fairlane::{NewJob, Queue, QueueOptions};
use fairlane_tests::redis::{COUNT, Caller, RedisCluster, RedisGroup, RedisServer};
use fairlane_tests::stop::Stop;

const WAKE: &str = "{t}:wake";
const SHORT: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(60);
const LEASE: Duration = Duration::from_secs(60);

fn count(server: &RedisServer) -> usize {
    server.command::<Option<usize>>(&["GET", COUNT]).unwrap_or(0)
}

fn patient(url: &str) -> Caller {
    Caller::with(url, |options| options.busy_timeout = PATIENCE)
}

/// Waits until the waiter has taken a marker.
fn await_ring(waiter: &mut Waiter<'_>) {
    let end = Instant::now() + PATIENCE;
    while !waiter.rung() {
        assert!(Instant::now() < end, "no marker came");
        waiter.wait(Duration::from_secs(30)).unwrap();
    }
}

/// Rings at `server` and waits until the waiter has taken the marker, wherever it waits before.
fn assert_not_deaf(caller: &Caller, server: &RedisServer) {
    let mut waiter = caller.waiter(WAKE.as_bytes());
    let _: () = server.command(&["ZADD", WAKE, "0", "w"]);
    await_ring(&mut waiter);
}

#[test]
fn the_owner_of_a_slot_is_found_and_its_replica_takes_over() {
    let cluster = RedisCluster::start(COUNT);
    let caller = patient(&cluster.url());
    caller.echo_from(4, 100);
    assert_eq!(count(cluster.owner()), 400);
    assert_not_deaf(&caller, cluster.owner());
    cluster.await_replicated();
    cluster.kill_owner();
    caller.echo_from(4, 100);
    assert_eq!(count(cluster.replica()), 800);
    assert_not_deaf(&caller, cluster.replica());
}

#[test]
fn the_master_is_asked_of_the_sentinels_and_its_replica_takes_over() {
    let group = RedisGroup::start();
    let caller = patient(&group.url());
    caller.echo_from(4, 100);
    assert_eq!(count(group.master()), 400);
    let mut waiter = caller.waiter(WAKE.as_bytes());
    waiter.wait(Duration::from_millis(20)).unwrap();
    group.promote();
    caller.echo_from(4, 100);
    assert!(count(group.replica()) >= 400);
    waiter.wait(Duration::from_secs(30)).unwrap();
    drop(waiter);
    assert_not_deaf(&caller, group.replica());
}

#[test]
fn a_killed_master_is_replaced() {
    let group = RedisGroup::start();
    let caller = patient(&group.url());
    caller.echo_from(4, 100);
    group.kill_master();
    caller.echo_from(4, 100);
    assert!(count(group.replica()) >= 400);
    assert_not_deaf(&caller, group.replica());
}

/// Pushes to ever new lanes, and works off what comes, until told to stop; gives how many jobs were
/// pushed.
fn work(queue: &Queue, thread: usize, is_over: &AtomicBool) -> i64 {
    let mut pushed = 0;
    while !is_over.load(Ordering::Relaxed) {
        let lane = format!("{thread}-{pushed}");
        let jobs = [NewJob::new("").lane(&lane), NewJob::new("").lane(lane).delay(SHORT)];
        pushed += queue.push_many(jobs.to_vec()).unwrap().len() as i64;
        complete(queue, 3);
    }
    pushed
}

/// Completes up to `count` jobs; tells whether there were any.
fn complete(queue: &Queue, count: usize) -> bool {
    let jobs = queue.pop_many(count, SHORT, LEASE).unwrap();
    jobs.iter().for_each(|job| queue.mark_complete(&job.token).unwrap());
    !jobs.is_empty()
}

#[test]
fn a_queue_whose_slot_moves_waits_and_loses_nothing() {
    const BELL: &str = "{fairlane:moving}:bell";
    let cluster = RedisCluster::steady(BELL);
    let options = QueueOptions { busy_timeout: PATIENCE, ..QueueOptions::default() };
    let queue = Queue::open_with(&cluster.url(), "moving", options).unwrap();
    let caller = patient(&cluster.url());
    let mut waiter = caller.waiter(BELL.as_bytes());
    waiter.wait(SHORT).unwrap();
    let is_over = AtomicBool::new(false);
    let pushed: i64 = thread::scope(|scope| {
        let (queue, is_over) = (&queue, &is_over);
        let stop = Stop(is_over);
        let threads = [0, 1, 2].map(|thread| scope.spawn(move || work(queue, thread, is_over)));
        // Each step meets calls that are under way.
        for step in [RedisCluster::begin_move, RedisCluster::move_keys, RedisCluster::end_move] {
            thread::sleep(SHORT);
            step(&cluster);
        }
        thread::sleep(SHORT);
        drop(stop);
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    while complete(&queue, 100) {}
    let stats = queue.stats().unwrap();
    assert_eq!((stats.pushed, stats.completed), (pushed, pushed));
    let repaired = queue.repair().unwrap();
    assert!(repaired.is_sound(), "{repaired:?}");
    let _: () = cluster.other().command(&["ZADD", BELL, "0", "w"]);
    await_ring(&mut waiter);
}

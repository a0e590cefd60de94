//! The node that serves a queue changes: clusters and sentinels.

use std::thread;
use std::time::Duration;

use fairlane::store::redis::protocol::{Reply, Request, Script};
use fairlane_tests::redis::{COUNT, Caller, RedisCluster, RedisGroup, RedisServer};

/// A script of one key, as the moving of a slot goes key by key.
static COUNT_ONE: Script = Script::new("count", "return redis.call('INCR', KEYS[1])");

const WAKE: &str = "{t}:wake";

fn count(server: &RedisServer) -> usize {
    server.command::<Option<usize>>(&["GET", COUNT]).unwrap_or(0)
}

fn count_one(caller: &Caller, key: &str) -> i64 {
    match caller.call(Request::new(&COUNT_ONE, key.as_bytes())).unwrap() {
        Reply::Int(count) => count,
        other => panic!("{other:?}"),
    }
}

fn patient(url: &str) -> Caller {
    Caller::with(url, |options| options.busy_timeout = Duration::from_secs(60))
}

/// Rings at `server` and waits until the waiter has taken the marker, wherever it waits before.
fn assert_not_deaf(caller: &Caller, server: &RedisServer) {
    let mut waiter = caller.waiter(WAKE.as_bytes());
    let _: () = server.command(&["ZADD", WAKE, "0", "w"]);
    while !waiter.rung() {
        waiter.wait(Duration::from_secs(30)).unwrap();
    }
}

#[test]
fn the_owner_of_a_slot_is_found_and_its_replica_takes_over() {
    let cluster = RedisCluster::start(COUNT);
    let caller = patient(&cluster.url());
    caller.echo_from(4, 100);
    assert_eq!(count(cluster.owner()), 400);
    assert_not_deaf(&caller, cluster.owner());
    cluster.await_replicated();
    cluster.owner().kill();
    caller.echo_from(4, 100);
    assert_eq!(count(cluster.replica()), 800);
    assert_not_deaf(&caller, cluster.replica());
}

#[test]
fn a_slot_that_moves_is_followed() {
    let cluster = RedisCluster::start(COUNT);
    let caller = patient(&cluster.url());
    assert_eq!(count_one(&caller, "{t}:old"), 1);
    cluster.begin_move();
    assert_eq!(count_one(&caller, "{t}:old"), 2);
    assert_eq!(count_one(&caller, "{t}:new"), 1, "the new owner is asked");
    cluster.move_keys();
    assert_eq!(count_one(&caller, "{t}:old"), 3);
    cluster.end_move();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).map(|_| count_one(&caller, "{t}:old")).max());
        }
    });
    assert_eq!(count_one(&caller, "{t}:old"), 404);
    assert_not_deaf(&caller, cluster.other());
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
    group.master().kill();
    caller.echo_from(4, 100);
    assert!(count(group.replica()) >= 400);
    assert_not_deaf(&caller, group.replica());
}

//! Waiting for work at a real Redis server.

use std::thread;
use std::time::{Duration, Instant};

use fairlane::ErrorCode;
use fairlane::store::redis::driver::Waiter;
use fairlane_tests::redis::{Caller, RedisServer};

const WAKE: &str = "{t}:wake";
const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(20);

fn ring(server: &RedisServer) {
    let _: () = server.command(&["ZADD", WAKE, "0", "w"]);
}

fn markers(server: &RedisServer) -> usize {
    server.command(&["ZCARD", WAKE])
}

fn wait_once(waiter: &mut Waiter<'_>) -> (bool, Duration) {
    let began = Instant::now();
    waiter.wait(LONG).unwrap();
    (waiter.rung(), began.elapsed())
}

#[test]
fn one_waiter_takes_the_marker() {
    let server = RedisServer::start(&[]);
    let callers = [Caller::new(&server.url()), Caller::new(&server.url())];
    thread::scope(|scope| {
        let waiting = callers.each_ref().map(|caller| {
            scope.spawn(|| {
                let mut waiter = caller.waiter(WAKE.as_bytes());
                wait_once(&mut waiter)
            })
        });
        server.await_blocked(2);
        ring(&server);
        server.await_blocked(1);
        ring(&server);
        for each in waiting {
            let (rung, took) = each.join().unwrap();
            assert!(rung && took < Duration::from_secs(5), "{rung} {took:?}");
        }
    });
    assert_eq!(markers(&server), 0);
}

#[test]
fn many_short_waits_are_one_command() {
    let server = RedisServer::start(&[]);
    let caller = Caller::new(&server.url());
    let mut waiter = caller.waiter(WAKE.as_bytes());
    for _ in 0..20 {
        waiter.wait(SHORT).unwrap();
        assert!(!waiter.rung());
    }
    ring(&server);
    assert!(wait_once(&mut waiter).0);
    assert_eq!(server.calls_of("bzpopmin"), 1);
}

#[test]
fn a_marker_that_nobody_looked_at_is_put_back() {
    let server = RedisServer::start(&[]);
    let caller = Caller::new(&server.url());
    let mut waiter = caller.waiter(WAKE.as_bytes());
    waiter.wait(SHORT).unwrap();
    ring(&server);
    assert_eq!(markers(&server), 0, "the server has handed it over");
    drop(waiter);
    assert_eq!(markers(&server), 1);
}

#[test]
fn a_waiter_that_left_takes_no_marker_and_its_place_is_used_again() {
    let server = RedisServer::start(&[]);
    let caller = Caller::new(&server.url());
    let mut waiter = caller.waiter(WAKE.as_bytes());
    waiter.wait(SHORT).unwrap();
    drop(waiter);
    ring(&server);
    assert_eq!(markers(&server), 1);
    let connections = || server.command::<String>(&["CLIENT", "LIST"]).lines().count();
    let before = connections();
    assert!(wait_once(&mut caller.waiter(WAKE.as_bytes())).0);
    assert_eq!(connections(), before);
}

#[test]
fn a_killed_connection_ends_the_wait_and_the_next_one_works() {
    let server = RedisServer::start(&[]);
    let caller = Caller::new(&server.url());
    let mut waiter = caller.waiter(WAKE.as_bytes());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| wait_once(&mut waiter));
        server.await_blocked(1);
        let _: usize = server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
        let (rung, took) = waiting.join().unwrap();
        assert!(!rung && took < Duration::from_secs(5), "{rung} {took:?}");
    });
    ring(&server);
    assert!(wait_once(&mut waiter).0);
}

#[test]
fn no_waiter_is_deaf_after_the_server_was_away() {
    let server = RedisServer::start(&[]);
    let caller = Caller::new(&server.url());
    let mut waiter = caller.waiter(WAKE.as_bytes());
    waiter.wait(SHORT).unwrap();
    server.kill();
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(500) {
        waiter.wait(LONG).unwrap();
        assert!(!waiter.rung());
    }
    server.restart();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| while !wait_once(&mut waiter).0 {});
        server.await_blocked(1);
        ring(&server);
        waiting.join().unwrap();
    });
}

#[test]
fn closing_wakes_the_waiters_and_loses_no_marker() {
    let server = RedisServer::start(&[]);
    let caller = Caller::new(&server.url());
    thread::scope(|scope| {
        let waiting: Vec<_> =
            (0..3).map(|_| scope.spawn(|| caller.waiter(WAKE.as_bytes()).wait(LONG))).collect();
        server.await_blocked(3);
        caller.close();
        for each in waiting {
            assert_eq!(each.join().unwrap().unwrap_err().code(), ErrorCode::Closed);
        }
    });
    server.await_blocked(0);
    ring(&server);
    assert_eq!(markers(&server), 1);
}

#[test]
fn a_marker_taken_as_the_handle_closes_is_put_back() {
    let server = RedisServer::start(&[]);
    let caller = Caller::new(&server.url());
    let mut waiter = caller.waiter(WAKE.as_bytes());
    waiter.wait(SHORT).unwrap();
    ring(&server);
    caller.close();
    assert_eq!(waiter.wait(LONG).unwrap_err().code(), ErrorCode::Closed);
    drop(waiter);
    assert_eq!(markers(&server), 1);
}

#[test]
fn polling_waits_send_nothing() {
    let server = RedisServer::start(&[]);
    let caller = Caller::new(&format!("{}?wait=poll:30", server.url()));
    let mut waiter = caller.waiter(WAKE.as_bytes());
    let began = Instant::now();
    waiter.wait(LONG).unwrap();
    assert!((Duration::from_millis(30)..Duration::from_secs(10)).contains(&began.elapsed()));
    assert_eq!(server.calls_of("bzpopmin"), 0);
}

#[test]
fn a_user_who_may_not_wait_is_told_how_to_do_without() {
    let server = RedisServer::start(&["user default on nopass ~* &* +@all -bzpopmin"]);
    let caller = Caller::new(&server.url());
    let error = caller.waiter(WAKE.as_bytes()).wait(LONG).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    assert!(error.message().contains("NOPERM") && error.message().contains("wait=poll"), "{error}");
}

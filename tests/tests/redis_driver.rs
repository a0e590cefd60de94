//! The Redis driver against a real server: connections, pipelines, and what goes wrong with them.

use std::thread;
use std::time::Duration;

use fairlane::store::redis::driver::{Address, Calls};
use fairlane::store::redis::protocol::{Reply, Request, Script};
use fairlane::{QueueOptions, Result};
use fairlane_tests::redis::RedisServer;

/// Gives back its first argument, and how often it was called for the key.
static ECHO: Script =
    Script::new("echo", "return {ARGV[3], redis.call('INCR', KEYS[1]), ARGV[1], ARGV[2]}");

fn options() -> QueueOptions {
    QueueOptions { busy_timeout: Duration::from_secs(20), ..QueueOptions::default() }
}

fn calls_at(url: &str, options: &QueueOptions) -> Calls {
    Calls::new(Address::parse(url).unwrap(), options).unwrap()
}

fn echo(calls: &Calls, word: &str) -> Result<i64> {
    let mut request = Request::new(&ECHO, b"{t}:count");
    request.args.push(word.as_bytes().to_vec());
    let Reply::List(parts) = calls.call(request)? else { panic!("no list") };
    assert_eq!(parts[0], Reply::Bytes(word.as_bytes().to_vec()), "an answer went astray");
    let Reply::Int(count) = parts[1] else { panic!("no number") };
    Ok(count)
}

/// Runs `turns` calls in each of `threads` threads, each with words of its own.
fn echo_from(threads: usize, turns: usize, calls: &Calls) {
    thread::scope(|scope| {
        for number in 0..threads {
            scope.spawn(move || {
                for turn in 0..turns {
                    echo(calls, &format!("{number}-{turn}")).unwrap();
                }
            });
        }
    });
}

#[test]
fn calls_of_many_threads_get_their_own_answers() {
    let server = RedisServer::start(&[]);
    let calls = calls_at(&server.url(), &options());
    echo_from(16, 200, &calls);
    assert_eq!(server.command::<u64>(&["GET", "{t}:count"]), 3_200);
    let connections: String = server.command(&["CLIENT", "LIST"]);
    let evaluating = connections.lines().filter(|line| line.contains("cmd=evalsha")).count();
    assert_eq!(evaluating, 1, "one connection serves all threads: {connections}");
}

#[test]
fn scripts_are_loaded_again_inside_pipelines() {
    let server = RedisServer::start(&[]);
    let calls = calls_at(&server.url(), &options());
    thread::scope(|scope| {
        let caller = scope.spawn(|| echo_from(8, 300, &calls));
        while !caller.is_finished() {
            let _: () = server.command(&["SCRIPT", "FLUSH"]);
        }
    });
    assert_eq!(server.command::<u64>(&["GET", "{t}:count"]), 2_400, "no call is made twice");
}

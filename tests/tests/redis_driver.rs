//! Calls to a real Redis server: their answers, and what goes wrong on the way.

use std::thread;
use std::time::{Duration, Instant};

use fairlane::ErrorCode;
use fairlane::store::redis::protocol::{Request, Script};
use fairlane_tests::redis::{COUNT, Caller, Proxy, RedisServer, await_that};

static GROW: Script = Script::new("grow", &["return redis.call('APPEND', KEYS[1], ARGV[3])"]);

fn count(server: &RedisServer) -> usize {
    server.command::<Option<usize>>(&["GET", COUNT]).unwrap_or(0)
}

/// Waits until the server has as many connections, the asking one included.
fn await_connections(server: &RedisServer, count: usize) {
    let connections = || server.command::<String>(&["CLIENT", "LIST"]).lines().count();
    await_that(&format!("{count} connections"), || connections() == count);
}

/// Waits until calls have been carried out that had not been before, or all have been.
fn await_progress(server: &RedisServer, is_over: impl Fn() -> bool) {
    let before = count(server);
    await_that("calls are carried out", || count(server) != before || is_over());
}

#[test]
fn calls_of_many_threads_get_their_own_answers_on_two_connections() {
    let server = RedisServer::start(&[]);
    Caller::new(&server.url()).echo_from(16, 200);
    assert_eq!(count(&server), 3_200);
    let stats: String = server.command(&["INFO", "stats"]);
    let line = stats.lines().find(|line| line.starts_with("total_connections_received:"));
    let own_connections = 3; // The readiness check, the count and this one.
    assert_eq!(line, Some(&*format!("total_connections_received:{}", own_connections + 2)));
}

#[test]
fn unknown_scripts_are_loaded_inside_pipelines() {
    let server = RedisServer::start(&[]);
    let caller = Caller::new(&server.url());
    thread::scope(|scope| {
        let echoing = scope.spawn(|| caller.echo_from(8, 300));
        while !echoing.is_finished() {
            let _: () = server.command(&["SCRIPT", "FLUSH"]);
        }
    });
    assert_eq!(count(&server), 2_400);
    assert!(server.calls_of("script|load") > 1);
}

#[test]
fn killed_connections_are_made_anew_and_no_call_is_lost_or_made_twice() {
    let server = RedisServer::start(&[]);
    let caller = Caller::new(&server.url());
    let mut kills = 0;
    thread::scope(|scope| {
        let echoing = scope.spawn(|| caller.echo_from(8, 1_000));
        for _ in 0..20 {
            await_progress(&server, || echoing.is_finished());
            kills += server.command::<usize>(&["CLIENT", "KILL", "TYPE", "normal"]);
        }
    });
    assert_eq!(count(&server), 8_000);
    assert!(kills > 0, "no connection was killed");
}

#[test]
fn a_call_whose_reply_was_lost_says_that_it_is_repeated() {
    let server = RedisServer::start(&[]);
    let proxy = Proxy::to(server.port());
    let caller = Caller::new(&proxy.url());
    assert!(!caller.echo("first").unwrap());
    proxy.lose_replies(2);
    assert!(caller.echo("second").unwrap());
    assert!(!caller.echo("third").unwrap());
    assert_eq!((count(&server), proxy.left_to_lose()), (3, 0));
}

#[test]
fn a_restart_is_survived() {
    let server = RedisServer::start(&["appendonly yes", "appendfsync always"]);
    let caller = Caller::new(&server.url());
    thread::scope(|scope| {
        let echoing = scope.spawn(|| caller.echo_from(4, 500));
        for _ in 0..3 {
            await_progress(&server, || echoing.is_finished());
            server.restart();
        }
    });
    assert_eq!(count(&server), 2_000);
}

#[test]
fn a_server_that_is_gone_is_told_when_the_time_is_over() {
    let server = RedisServer::start(&[]);
    let caller = Caller::with(&server.url(), |options| {
        options.busy_timeout = Duration::from_millis(300);
    });
    caller.echo("there").unwrap();
    server.kill();
    let began = Instant::now();
    let error = caller.echo("gone").unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConnectionLost);
    assert!(error.message().contains(&server.port().to_string()), "{error}");
    assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
}

#[test]
fn a_server_that_keeps_silent_is_told_when_the_time_is_over() {
    let server = RedisServer::start(&[]);
    let caller = Caller::with(&server.url(), |options| {
        options.busy_timeout = Duration::from_millis(400);
        options.call_timeout = Duration::from_millis(150);
    });
    // So little patience is soon at its end on a machine that does something else, too.
    let await_answer = |word: &str| await_that(word, || caller.echo(word).is_ok());
    await_answer("there");
    server.freeze();
    let error = caller.echo("silent").unwrap_err();
    assert_eq!(error.code(), ErrorCode::Timeout, "{error}");
    server.thaw();
    await_answer("there again");
}

#[test]
fn a_silence_shorter_than_the_patience_is_waited_out() {
    let server = RedisServer::start(&[]);
    let caller = Caller::with(&server.url(), |options| {
        options.call_timeout = Duration::from_millis(50);
    });
    caller.echo("there").unwrap();
    server.freeze();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| caller.echo("patient"));
        thread::sleep(Duration::from_millis(300));
        server.thaw();
        waiting.join().unwrap().unwrap();
    });
    assert_eq!(count(&server), 2);
}

#[test]
fn a_busy_server_is_waited_for_and_then_told() {
    let server = RedisServer::start(&["lua-time-limit 10"]);
    let caller = Caller::new(&server.url());
    let hasty = Caller::with(&server.url(), |options| {
        options.busy_timeout = Duration::from_millis(300);
    });
    // Nothing is asserted before the script has been killed: its caller would wait for ever.
    let (busy, patient) = thread::scope(|scope| {
        scope.spawn(|| server.try_command::<()>(&["EVAL", "while true do end", "0"]));
        let busy = loop {
            match hasty.echo("hasty") {
                Err(error) if error.code() == ErrorCode::Unavailable => break error,
                // The script has not begun, or the server is slow to say that it has.
                _ => {}
            }
        };
        let waiting = scope.spawn(|| caller.echo("patient"));
        while server.try_command::<()>(&["SCRIPT", "KILL"]).is_err() {}
        (busy, waiting.join().unwrap())
    });
    assert!(busy.message().contains("BUSY "), "{busy}");
    patient.unwrap();
}

#[test]
fn a_replica_is_not_written_to() {
    let server = RedisServer::start(&["replicaof 127.0.0.1 1"]);
    let caller = Caller::with(&server.url(), |options| {
        options.busy_timeout = Duration::from_millis(200);
    });
    let error = caller.echo("word").unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unavailable);
    assert!(error.message().contains("READONLY "), "{error}");
}

#[test]
fn a_full_server_is_told_at_once() {
    let server = RedisServer::start(&["maxmemory 1", "maxmemory-policy noeviction"]);
    let caller = Caller::new(&server.url());
    let mut request = Request::new(&GROW, b"{t}:text");
    request.args.push(b"text".to_vec());
    let error = caller.call(request).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unavailable);
    assert!(error.message().contains("OOM "), "{error}");
}

#[test]
fn closing_ends_calls_under_way() {
    let server = RedisServer::start(&[]);
    let caller = Caller::new(&server.url());
    caller.echo("there").unwrap();
    server.freeze();
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..3).map(|_| scope.spawn(|| caller.echo("silent"))).collect();
        thread::sleep(Duration::from_millis(50));
        let began = Instant::now();
        caller.close();
        for each in waiting {
            assert_eq!(each.join().unwrap().unwrap_err().code(), ErrorCode::Closed);
        }
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    });
    assert_eq!(caller.echo("closed").unwrap_err().code(), ErrorCode::Closed);
    server.thaw();
    await_connections(&server, 1);
}

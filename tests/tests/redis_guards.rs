//! What a Redis server without memory, rows that cannot be read and very large calls lead to.

use std::sync::Arc;
use std::time::Duration;

use fairlane::clock::{Clock, ManualClock};
use fairlane::store::Dump;
use fairlane::{ErrorCode, Job, NewJob, Queue, QueueOptions};
use fairlane_tests::invariants;
use fairlane_tests::redis::RedisServer;
use fairlane_tests::stores::DAWN;

const NOW: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// The key of all rows of the queue that the tests use.
const ROWS: &str = "{fairlane:work}";

fn open(server: &RedisServer) -> Queue {
    Queue::open(&server.url(), "work").unwrap()
}

/// A queue with a job in every state, some of them about to change it.
struct Full {
    server: RedisServer,
    queue: Queue,
    clock: Arc<ManualClock>,
    held: Vec<Job>,
}

impl Full {
    /// Fills a queue, then lets things come due and the memory end.
    fn new() -> Self {
        let server = RedisServer::start(&[]);
        let clock = Arc::new(ManualClock::new(DAWN));
        let terms: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let options = QueueOptions { clock: terms, ..QueueOptions::default() };
        let queue = Queue::open_with(&server.url(), "work", options).unwrap();
        for _ in 0..5 {
            queue.push(NewJob::new("held")).unwrap();
        }
        let held = queue.pop_many(5, NOW, MINUTE).unwrap();
        queue.push(NewJob::new("lapses").priority(9)).unwrap();
        queue.pop(NOW, SECOND).unwrap().unwrap();
        queue.push(NewJob::new("delayed").delay(SECOND)).unwrap();
        queue.push(NewJob::new("waits").lane("throttled")).unwrap();
        queue.throttle(Some("throttled"), SECOND).unwrap();
        for _ in 0..5 {
            queue.push(NewJob::new("ready")).unwrap();
        }
        Self { server, queue, clock, held }
    }

    fn end_memory(&self) {
        self.server.command::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    }
}

#[test]
fn a_server_without_memory_refuses_pushes_whole_and_in_its_words() {
    type Push = fn(&Queue) -> fairlane::Result<()>;
    let pushes: [Push; 5] = [
        |queue| queue.push(NewJob::new("")).map(drop),
        |queue| queue.push(NewJob::new("").priority(7)).map(drop),
        |queue| queue.push(NewJob::new("").lane("new")).map(drop),
        |queue| queue.push_many(vec![NewJob::new(""), NewJob::new("").priority(7)]).map(drop),
        |queue| queue.push(NewJob::new("").key("k", MINUTE).cost(3)).map(drop),
    ];
    for push in pushes {
        for comes_due in [false, true] {
            let full = Full::new();
            full.end_memory();
            if comes_due {
                full.clock.advance(1_000);
            }
            let before = full.queue.dump().unwrap();
            let error = push(&full.queue).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Unavailable);
            assert!(error.message().contains("OOM command not allowed"), "{error}");
            assert_eq!(full.queue.dump().unwrap(), before);
        }
    }
}

#[test]
fn a_server_without_memory_carries_out_all_that_gives_some_back() {
    type Verb = fn(&Full) -> fairlane::Result<()>;
    let verbs: [Verb; 13] = [
        |full| full.queue.pop(NOW, MINUTE).map(|job| assert!(job.is_some())),
        |full| full.queue.pop_many(3, NOW, MINUTE).map(|jobs| assert_eq!(jobs.len(), 3)),
        |full| full.queue.pop(NOW, NOW).map(|job| assert!(job.is_some())),
        |full| full.queue.mark_complete(&full.held[0].token),
        |full| {
            let tokens = [full.held[0].token, full.held[1].token];
            full.queue.mark_complete_many(&tokens)?.into_iter().collect()
        },
        |full| full.queue.mark_complete_then(&full.held[0].token, vec![NewJob::new("next")]),
        |full| full.queue.retry(&full.held[0].token, "again", None),
        |full| full.queue.fail(&full.held[0].token, "no good"),
        |full| full.queue.release(&full.held[0].token, NOW),
        |full| full.queue.extend(&full.held[0].token, MINUTE),
        |full| full.queue.cancel(full.held[0].id).map(|was_there| assert!(was_there)),
        |full| full.queue.purge(None).map(|count| assert!(count > 0)),
        |full| full.queue.dethrottle().map(drop),
    ];
    for verb in verbs {
        for comes_due in [false, true] {
            let full = Full::new();
            full.end_memory();
            if comes_due {
                full.clock.advance(1_000);
            }
            verb(&full).unwrap();
            invariants::check(&full.queue.dump().unwrap()).unwrap();
        }
    }
}

#[test]
fn a_worker_that_waits_is_not_disturbed_by_a_full_memory() {
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    queue.push(NewJob::new("job").delay(SECOND)).unwrap();
    server.command::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(queue.pop(MINUTE, MINUTE).unwrap().expect("the job").payload, b"job");
}

/// Gives what a key holds, in a form in which equal contents are equal.
fn contents(server: &RedisServer, key: &str) -> Vec<Vec<u8>> {
    if server.command::<String>(&["TYPE", key]) != "hash" {
        return vec![server.command(&["DUMP", key])];
    }
    let mut fields: Vec<(Vec<u8>, Vec<u8>)> = server.command(&["HGETALL", key]);
    fields.sort();
    fields.into_iter().flat_map(|(field, value)| [field, value]).collect()
}

/// Checks that no verb that changes something gets past a damage, and that none adds to it.
fn is_refused(server: &RedisServer, code: ErrorCode, words: &[&str]) {
    let queue = open(server);
    let keys = || {
        let mut keys: Vec<String> = server.command(&["KEYS", "*"]);
        keys.sort();
        keys.into_iter().map(|key| (contents(server, &key), key)).collect::<Vec<_>>()
    };
    let before = keys();
    let results = [
        queue.push(NewJob::new("")).map(drop),
        queue.push_many(vec![NewJob::new(""), NewJob::new("")]).map(drop),
        queue.push(NewJob::new("").key("k", NOW)).map(drop),
        queue.pop(NOW, MINUTE).map(drop),
        queue.pop_many(2, NOW, MINUTE).map(drop),
        queue.dethrottle().map(drop),
        queue.stats().map(drop),
    ];
    for result in results {
        let error = result.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(words.iter().all(|word| error.message().contains(word)), "{error}");
    }
    assert!(keys() == before, "something was changed");
}

#[test]
fn a_queue_of_a_newer_release_is_left_alone() {
    let server = RedisServer::start(&[]);
    open(&server).push(NewJob::new("job")).unwrap();
    let script = "redis.call('HSET', KEYS[1], 'q', \
                  '\\7' .. string.sub(redis.call('HGET', KEYS[1], 'q'), 2))";
    server.command::<()>(&["EVAL", script, "1", ROWS]);
    is_refused(&server, ErrorCode::VersionMismatch, &["version 7", "up to 1"]);
}

#[test]
fn a_row_that_cannot_be_read_is_left_alone() {
    let server = RedisServer::start(&[]);
    open(&server).push(NewJob::new("job")).unwrap();
    server.command::<()>(&["HSET", ROWS, "q", "\u{1}short"]);
    is_refused(&server, ErrorCode::Corrupt, &["data string too short"]);
}

#[test]
fn a_key_of_another_program_is_left_alone() {
    let server = RedisServer::start(&[]);
    server.command::<()>(&["SET", ROWS, "not a queue"]);
    is_refused(&server, ErrorCode::Corrupt, &["WRONGTYPE"]);
}

#[test]
fn the_largest_batches_are_accepted() {
    const MANY: usize = 10_000;
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    queue.push(NewJob::new("first")).unwrap();
    queue.push_many((1..MANY).map(|_| NewJob::new("")).collect()).unwrap();
    let jobs = queue.pop_many(MANY, NOW, MINUTE).unwrap();
    assert_eq!(jobs.len(), MANY);
    let tokens: Vec<_> = jobs.iter().map(|job| job.token).collect();
    assert!(queue.extend_many(&tokens, MINUTE).unwrap().iter().all(Result::is_ok));
    assert!(queue.mark_complete_many(&tokens).unwrap().iter().all(Result::is_ok));
    let Dump { jobs, stats, .. } = queue.dump().unwrap();
    assert_eq!((jobs.len(), stats.completed), (0, MANY as i64));
}

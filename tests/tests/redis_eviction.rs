//! The warning of a server that deletes jobs; in a process of its own, which has one log.

use std::sync::Mutex;

use fairlane::{NewJob, Queue};
use fairlane_tests::redis::RedisServer;

/// Keeps what is logged as a warning.
struct Warnings(Mutex<Vec<String>>);

impl log::Log for Warnings {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Warn
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            self.0.lock().unwrap().push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

static WARNINGS: Warnings = Warnings(Mutex::new(Vec::new()));

/// Uses a queue on a server with these lines of configuration; gives what was logged.
fn warnings_with(lines: &[&str]) -> Vec<String> {
    let server = RedisServer::start(lines);
    let queue = Queue::open(&server.url(), "work").unwrap();
    for _ in 0..3 {
        queue.push(NewJob::new("")).unwrap();
    }
    std::mem::take(&mut WARNINGS.0.lock().unwrap())
}

#[test]
fn a_server_that_deletes_jobs_is_warned_of_once() {
    log::set_logger(&WARNINGS).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    let warnings = warnings_with(&["maxmemory-policy allkeys-lru"]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("maxmemory-policy is allkeys-lru"), "{warnings:?}");
    assert_eq!(warnings_with(&["maxmemory-policy noeviction"]), [""; 0]);
    // A server that does not tell is trusted.
    let silent = ["maxmemory-policy allkeys-lru", "user default on nopass ~* &* +@all -info"];
    assert_eq!(warnings_with(&silent), [""; 0]);
}

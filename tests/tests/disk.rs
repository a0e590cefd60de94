//! Disks that are full, that fail, that cannot be written; files that are none of ours.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::time::Duration;

use fairlane::{Durability, ErrorCode, NewJob, Queue};
use fairlane_tests::faults::control::Control;
use fairlane_tests::faults::places::{Mounted, ReadOnly};
use fairlane_tests::faults::server::{Answer, Order, Remote};
use fairlane_tests::faults::shim::Shim;
use fairlane_tests::invariants;
use nix::errno::Errno;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fault_process");

/// A queue in a process of its own whose disk can be made to fail, and what it has acknowledged.
struct Tried {
    /// Gone, once the queue is looked at from here.
    remote: Option<Remote>,
    pushed: i64,
    completed: i64,
}

impl Tried {
    fn new(shim: &Shim, durability: Durability) -> Self {
        let remote =
            Remote::start_by(shim.command(PROGRAM), &shim.path("jobs.db"), "work", durability);
        Self { remote: Some(remote.unwrap()), pushed: 0, completed: 0 }
    }

    fn remote(&mut self) -> &mut Remote {
        self.remote.as_mut().unwrap()
    }

    fn push(&mut self, size: usize) -> Answer {
        let answer = self.remote().push(&"x".repeat(size));
        self.pushed += i64::from(answer == Answer::Done);
        answer
    }

    /// Pops and completes a job.
    fn work(&mut self) {
        assert!(self.remote().pop().is_some());
        assert_eq!(self.remote().ask(&Order::Complete), Answer::Done);
        self.completed += 1;
    }

    /// What was acknowledged is there, and nothing else.
    fn check(&mut self) {
        let Answer::Stats { pushed, completed, in_flight, waiting, .. } =
            self.remote().ask(&Order::Stats)
        else {
            panic!("stats were refused")
        };
        assert_eq!((pushed, completed, in_flight), (self.pushed, self.completed, 0));
        assert_eq!(waiting, pushed - completed);
    }

    /// The same handle goes on working; then another process finds everything.
    fn go_on_after(mut self, file: &Path) {
        self.check();
        assert_eq!(self.push(100), Answer::Done);
        self.work();
        self.check();
        self.remote.take().unwrap().finish();
        let queue = Queue::open(file.to_str().unwrap(), "work").unwrap();
        invariants::check(&queue.dump().unwrap()).unwrap();
        let jobs = queue.pop_many(10_000, Duration::ZERO, Duration::from_secs(60)).unwrap();
        assert_eq!(jobs.len() as i64, self.pushed - self.completed);
        let tokens: Vec<_> = jobs.iter().map(|job| job.token).collect();
        assert!(queue.mark_complete_many(&tokens).unwrap().iter().all(Result::is_ok));
        invariants::check(&queue.dump().unwrap()).unwrap();
    }
}

/// Pushes until a push is refused.
fn push_until_refused(tried: &mut Tried, size: usize) -> Answer {
    for _ in 0..10_000 {
        let answer = tried.push(size);
        if answer != Answer::Done {
            return answer;
        }
    }
    panic!("no push was refused");
}

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    for durability in [Durability::Full, Durability::Normal] {
        let shim = Shim::new();
        let control = shim.control();
        let mut tried = Tried::new(&shim, durability);
        assert_eq!(tried.push(10), Answer::Done);
        control.fill_after(300_000);
        let answer = push_until_refused(&mut tried, 3_000);
        let message = answer.error(ErrorCode::Unavailable);
        assert!(message.contains("full") && message.contains("jobs.db"), "{message}");
        // It stays refused, however often it is tried, and looking still works.
        for _ in 0..3 {
            tried.push(3_000).error(ErrorCode::Unavailable);
            tried.check();
        }
        control.lift();
        assert!(tried.pushed > 10, "{}", tried.pushed);
        tried.go_on_after(&shim.path("jobs.db"));
    }
}

/// The disk is full after each number of bytes in turn, so that every write of a commit is met.
#[test]
fn a_disk_that_is_full_at_any_byte_loses_nothing() {
    let shim = Shim::new();
    let control = shim.control();
    let mut tried = Tried::new(&shim, Durability::Full);
    tried.push(100);
    let mut refused = 0;
    for space in (0..24_000).step_by(300) {
        control.fill_after(space);
        refused += i64::from(tried.push(5_000) != Answer::Done);
        control.lift();
        tried.check();
    }
    assert!(refused > 20, "{refused}");
    tried.go_on_after(&shim.path("jobs.db"));
}

#[test]
fn a_real_disk_that_is_full_refuses_and_loses_nothing() {
    // Without the right to mount, the shim stands in for the disk.
    let shim = Shim::new();
    let mounted = Mounted::new(1_024);
    let file = mounted.as_ref().map_or(shim.path("jobs.db"), |disk| disk.path("jobs.db"));
    let command = match mounted {
        Some(_) => std::process::Command::new(PROGRAM),
        None => shim.command(PROGRAM),
    };
    let remote = Remote::start_by(command, &file, "work", Durability::Full).unwrap();
    let mut tried = Tried { remote: Some(remote), pushed: 0, completed: 0 };
    if mounted.is_none() {
        shim.control().fill_after(700_000);
    }
    let answer = push_until_refused(&mut tried, 3_000);
    let message = answer.error(ErrorCode::Unavailable);
    assert!(message.contains("full"), "{message}");
    tried.check();
    match &mounted {
        Some(disk) => disk.resize(16_384),
        None => shim.control().lift(),
    }
    tried.go_on_after(&file);
}

/// A fault of every call of a kind: what is refused is refused with that cause, and not done.
fn refuses_while(fault: impl Fn(&Control), cause: &str, durability: Durability) {
    let shim = Shim::new();
    let control = shim.control();
    let mut tried = Tried::new(&shim, durability);
    for _ in 0..3 {
        assert_eq!(tried.push(2_000), Answer::Done);
        fault(&control);
        for _ in 0..3 {
            let answer = tried.push(2_000);
            let message = answer.error(ErrorCode::Unavailable);
            assert!(message.contains(cause), "{message}");
        }
        control.lift();
        tried.check();
    }
    assert!(control.injected() >= 9);
    tried.go_on_after(&shim.path("jobs.db"));
}

#[test]
fn a_failing_sync_refuses_and_loses_nothing() {
    refuses_while(|control| control.fail_syncs(Errno::EIO), "disk error", Durability::Full);
}

#[test]
fn a_sync_that_finds_no_space_refuses_and_loses_nothing() {
    refuses_while(|control| control.fail_syncs(Errno::ENOSPC), "disk", Durability::Full);
}

#[test]
fn failing_writes_refuse_and_lose_nothing() {
    for durability in [Durability::Full, Durability::Normal] {
        refuses_while(|control| control.fail_writes(Errno::EIO), "disk error", durability);
    }
}

/// In "normal" only the moving of the log into the file syncs: that it fails is no push's fault.
#[test]
fn a_log_that_cannot_be_moved_waits() {
    let shim = Shim::new();
    let control = shim.control();
    let mut tried = Tried::new(&shim, Durability::Normal);
    control.fail_syncs(Errno::EIO);
    for _ in 0..400 {
        assert_eq!(tried.push(40_000), Answer::Done);
    }
    assert!(control.injected() > 0);
    control.lift();
    tried.go_on_after(&shim.path("jobs.db"));
}

#[test]
fn short_writes_are_gone_on_with() {
    let shim = Shim::new();
    let control = shim.control();
    let mut tried = Tried::new(&shim, Durability::Full);
    control.shorten_writes(700);
    for _ in 0..20 {
        assert_eq!(tried.push(3_000), Answer::Done);
    }
    tried.work();
    assert!(control.injected() > 20);
    control.lift();
    tried.go_on_after(&shim.path("jobs.db"));
}

/// A worker that meets a fault keeps its job, and can complete it once the fault is lifted.
#[test]
fn a_completion_that_is_refused_can_be_tried_again() {
    let shim = Shim::new();
    let control = shim.control();
    let mut tried = Tried::new(&shim, Durability::Full);
    tried.push(100);
    assert!(tried.remote().pop().is_some());
    control.fail_writes(Errno::EIO);
    tried.remote().ask(&Order::Complete).error(ErrorCode::Unavailable);
    control.lift();
    assert_eq!(tried.remote().ask(&Order::Complete), Answer::Done);
    tried.completed += 1;
    tried.go_on_after(&shim.path("jobs.db"));
}

#[test]
fn a_fault_while_the_file_is_made_leaves_a_place_to_try_again() {
    let shim = Shim::new();
    let control = shim.control();
    let file = shim.path("jobs.db");
    let start = || Remote::start_by(shim.command(PROGRAM), &file, "work", Durability::Full);
    let faults: [fn(&Control); 4] = [
        |control| control.fill_after(0),
        |control| control.fill_after(20_000),
        |control| control.fail_writes(Errno::EIO),
        |control| control.fail_syncs(Errno::EIO),
    ];
    for fault in faults {
        fault(&control);
        let answer = start().err().expect("a refusal");
        let message = answer.error(ErrorCode::Unavailable);
        assert!(message.contains("disk") && message.contains("jobs.db"), "{message}");
        control.lift();
    }
    let mut tried = Tried { remote: Some(start().unwrap()), pushed: 0, completed: 0 };
    assert_eq!(tried.push(10), Answer::Done);
    tried.go_on_after(&file);
}

fn refusal(file: &Path) -> (ErrorCode, String) {
    let error = Queue::open(file.to_str().unwrap(), "work").expect_err("a refusal");
    (error.code(), error.message().to_owned())
}

#[test]
fn a_read_only_place_is_unavailable_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("jobs.db");
    let queue = Queue::open(file.to_str().unwrap(), "work").unwrap();
    queue.push(NewJob::new("job")).unwrap();
    drop(queue);
    let read_only = ReadOnly::make(dir.path());
    for name in ["jobs.db", "new.db"] {
        let (code, message) = refusal(&dir.path().join(name));
        assert_eq!(code, ErrorCode::Unavailable, "{message}");
        assert!(message.contains(name), "{message}");
    }
    drop(read_only);
    let queue = Queue::open(file.to_str().unwrap(), "work").unwrap();
    assert_eq!(queue.pop(Duration::ZERO, Duration::ZERO).unwrap().unwrap().payload, b"job");
}

#[test]
fn a_missing_directory_and_a_directory_are_unavailable() {
    let dir = tempfile::tempdir().unwrap();
    for file in [dir.path().join("missing/jobs.db"), dir.path().to_owned()] {
        let (code, message) = refusal(&file);
        assert_eq!(code, ErrorCode::Unavailable, "{message}");
        assert!(message.contains(file.to_str().unwrap()), "{message}");
    }
    assert!(!dir.path().join("missing").exists());
}

#[test]
fn a_file_that_is_no_database_is_corrupt_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notes.txt");
    let notes = "what we did in the summer\n".repeat(1_000);
    std::fs::write(&file, &notes).unwrap();
    let (code, message) = refusal(&file);
    assert_eq!(code, ErrorCode::Corrupt, "{message}");
    assert!(message.contains("notes.txt") && message.contains("not a database"), "{message}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), notes);
}

#[test]
fn a_file_of_a_newer_release_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("jobs.db");
    let queue = Queue::open(file.to_str().unwrap(), "work").unwrap();
    queue.push(NewJob::new("job")).unwrap();
    drop(queue);
    let in_file = |sql: &str| -> String {
        let database = rusqlite::Connection::open(&file).unwrap();
        database.query_row(sql, (), |row| row.get(0)).unwrap()
    };
    let raise = "UPDATE fairlane_meta SET value = value + 1 WHERE name = 'schema_version'";
    let lower = "UPDATE fairlane_meta SET value = value - 1 WHERE name = 'schema_version'";
    let all = "SELECT json_group_array(sql) || (SELECT json_group_object(name, value) FROM fairlane_meta)
               || (SELECT json_group_array(id || hex(payload)) FROM fairlane_job) FROM sqlite_schema";
    in_file(&format!("{raise} RETURNING 'raised'"));
    let before = in_file(all);
    let (code, message) = refusal(&file);
    assert_eq!(code, ErrorCode::VersionMismatch, "{message}");
    assert!(message.contains("newer") && message.contains("jobs.db"), "{message}");
    assert_eq!(in_file(all), before);
    in_file(&format!("{lower} RETURNING 'lowered'"));
    let queue = Queue::open(file.to_str().unwrap(), "work").unwrap();
    assert_eq!(queue.stats().unwrap().counts.ready, 1);
}

#[test]
fn a_file_of_somebody_else_gets_the_tables_beside_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("shop.db");
    let database = rusqlite::Connection::open(&file).unwrap();
    database
        .execute_batch("CREATE TABLE goods (name TEXT); INSERT INTO goods VALUES ('hat')")
        .unwrap();
    drop(database);
    let queue = Queue::open(file.to_str().unwrap(), "work").unwrap();
    queue.push(NewJob::new("job")).unwrap();
    drop(queue);
    let database = rusqlite::Connection::open(&file).unwrap();
    let name: String = database.query_row("SELECT name FROM goods", (), |row| row.get(0)).unwrap();
    assert_eq!(name, "hat");
}

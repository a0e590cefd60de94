//! Power loss: every write and sync of a process is recorded, and the files are rebuilt as they may
//! be found afterwards, at many moments and in many ways.
#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fairlane::clock::{Clock, ManualClock, SystemClock};
use fairlane::{Durability, Queue, QueueOptions};
use fairlane_tests::faults::actor::{Actor, Habits};
use fairlane_tests::faults::bare::Bare;
use fairlane_tests::faults::hand::drain;
use fairlane_tests::faults::ledger;
use fairlane_tests::faults::process::{Process, Role};
use fairlane_tests::faults::recording::Recording;
use fairlane_tests::faults::replay::{Disk, Fate, lay_out};
use fairlane_tests::faults::shim::Shim;
use fairlane_tests::faults::stuck::stuck;
use fairlane_tests::faults::survival::{contents, halved, lost, states};
use fairlane_tests::invariants;
use fastrand::Rng;
use rusqlite::Connection;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fault_process");

/// Plays a role on a recorded disk.
fn record(shim: &Shim, role: &Role) -> Recording {
    let mut command = shim.command(PROGRAM);
    role.add_to(&mut command);
    Process::spawn(&mut command).finish();
    shim.recording()
}

/// Lets the power go at about `cuts` moments, spread over the recording, and hands to `check` what
/// the notes of the program say and the directory as it is found.
fn lose_power(
    recording: &Recording,
    cuts: usize,
    seed: u64,
    check: &mut dyn FnMut(&[u8], &Path, &str),
) {
    let mut rng = Rng::with_seed(seed);
    let mut disk = Disk::default();
    let share = cuts as f64 / recording.records.len() as f64;
    for (index, record) in recording.records.iter().enumerate() {
        disk.apply(record);
        if rng.f64() >= share {
            continue;
        }
        for fate in Fate::ALL {
            let notes = notes(&disk.after(Fate::AllKept, &mut rng));
            let dir = tempfile::tempdir_in(memory()).unwrap();
            lay_out(&disk.after(fate, &mut rng), dir.path());
            check(&notes, dir.path(), &format!("seed {seed}, {fate:?} after record {index}"));
        }
    }
}

/// The notes of the program are no part of the disk: they say what it was promised by then.
fn notes(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let is_notes = |(name, _): &(&String, &Vec<u8>)| name.ends_with(".acks");
    files.iter().find(is_notes).map(|(_, notes)| notes.clone()).unwrap_or_default()
}

/// Where rebuilt files go: to memory, if there is such a place, for speed.
fn memory() -> std::path::PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

/// Records a process that uses a queue.
fn record_actor(seed: u64, threads: usize, is_full: bool) -> (Shim, Recording) {
    let shim = Shim::new();
    let role = Role::Act(Actor {
        file: shim.path("jobs.db"),
        queue: "work".into(),
        ledger: shim.path("ledger.acks"),
        seed,
        threads,
        time: 600_000,
        deeds: 400 / threads as u64,
        is_full,
        leases: (600_000, 600_000),
        habits: Habits::DILIGENT,
    });
    let recording = record(&shim, &role);
    assert!(recording.syncs(|name| name == "jobs.db") > 10, "the log was hardly ever moved");
    (shim, recording)
}

/// Opens the queue in a directory as it was found. Its clock stands a while after the loss.
fn reopen(dir: &Path) -> Queue {
    let clock = ManualClock::new(SystemClock.now() + 3_600_000);
    let options = QueueOptions {
        durability: Durability::Normal,
        clock: Arc::new(clock),
        ..QueueOptions::default()
    };
    Queue::open_with(dir.join("jobs.db").to_str().unwrap(), "work", options).unwrap()
}

/// Every job that is there can be popped and completed.
fn work_off(queue: &Queue, dir: &Path) {
    drain(queue, &dir.join("drain"), Duration::from_secs(20));
    let dump = queue.dump().unwrap();
    invariants::check(&dump).unwrap();
    assert_eq!(stuck(&dump), [""; 0]);
}

#[test]
fn full_loses_nothing_that_was_acknowledged() {
    let seed = fastrand::u64(..1 << 32);
    let (_shim, recording) = record_actor(seed, 4, true);
    let mut promises = 0;
    lose_power(&recording, 120, seed, &mut |notes, dir, what| {
        let calls = ledger::parse(std::str::from_utf8(notes).unwrap());
        let queue = reopen(dir);
        let dump = queue.dump().unwrap();
        invariants::check(&dump).unwrap();
        let found = contents(&dump);
        assert_eq!(lost(&calls, &found), [""; 0], "{what}");
        assert_eq!(halved(&calls, &found), [""; 0], "{what}");
        work_off(&queue, dir);
        promises += calls.len();
    });
    assert!(promises > 1_000, "{promises}");
}

/// What is found is what the queue held after some deed: in "full" one not before the last
/// acknowledged push, in "normal" any. Says how often deeds were missing.
fn finds_a_state_of_the_past(is_full: bool) -> usize {
    let seed = fastrand::u64(..1 << 32);
    let (_shim, recording) = record_actor(seed, 1, is_full);
    let mut shortened = 0;
    lose_power(&recording, 100, seed, &mut |notes, dir, what| {
        let calls = ledger::parse(std::str::from_utf8(notes).unwrap());
        let (states, durable) = states(&calls);
        let queue = reopen(dir);
        let dump = queue.dump().unwrap();
        invariants::check(&dump).unwrap();
        let found: BTreeSet<String> = contents(&dump).into_keys().collect();
        let at = states.iter().rposition(|state| *state == found);
        let at = at.unwrap_or_else(|| panic!("{what}: found {found:?}, which never was"));
        assert!(!is_full || at >= durable, "{what}: found the state after {at}, not {durable}");
        shortened += usize::from(at + 1 < states.len());
        work_off(&queue, dir);
    });
    shortened
}

#[test]
fn full_finds_a_state_not_before_the_last_acknowledged_push() {
    finds_a_state_of_the_past(true);
}

#[test]
fn normal_loses_nothing_but_the_end() {
    let shortened = finds_a_state_of_the_past(false);
    assert!(shortened > 0, "nothing was lost at any cut: the recording shows no power loss");
}

/// Counts the cuts at which plain SQLite lost a row that it had committed, or does not open.
fn losses_of_bare_sqlite(synchronous: &str) -> usize {
    let shim = Shim::new();
    let role = Role::Bare(Bare {
        file: shim.path("rows.db"),
        acks: shim.path("rows.acks"),
        synchronous: synchronous.to_owned(),
        rows: 60,
    });
    let recording = record(&shim, &role);
    let mut losses = 0;
    lose_power(&recording, 150, 1, &mut |notes, dir, _| {
        // A note for the table, and one for each row.
        let promised = notes.len();
        let found = Connection::open(dir.join("rows.db")).and_then(|database| {
            database.query_row(
                "SELECT iif(integrity_check = 'ok', 1 + (SELECT count(*) FROM rows), 0)
                 FROM pragma_integrity_check",
                (),
                |row| row.get::<_, u32>(0),
            )
        });
        if found.unwrap_or(0) < promised as u32 {
            losses += 1;
        }
    });
    losses
}

#[test]
fn the_rig_finds_no_loss_where_there_is_none() {
    assert_eq!(losses_of_bare_sqlite("full"), 0);
}

#[test]
fn the_rig_finds_the_losses_of_a_database_that_does_not_sync() {
    let losses = losses_of_bare_sqlite("off");
    assert!(losses > 50, "{losses}");
}

#[test]
fn the_recording_holds_every_write() {
    let shim = Shim::new();
    let role = Role::Bare(Bare {
        file: shim.path("rows.db"),
        acks: shim.path("rows.acks"),
        synchronous: "normal".to_owned(),
        rows: 60,
    });
    let recording = record(&shim, &role);
    let mut disk = Disk::default();
    recording.records.iter().for_each(|record| disk.apply(record));
    let files = disk.after(Fate::AllKept, &mut Rng::with_seed(0));
    assert!(files.contains_key("rows.db"));
    for (name, content) in files {
        assert_eq!(content, std::fs::read(shim.path(&name)).unwrap(), "{name}");
    }
}

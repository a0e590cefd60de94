//! A crowd: actors on one file, each in a process of its own, killed and replaced.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fairlane::{Durability, Queue, QueueOptions};
use tempfile::TempDir;

use super::actor::{Actor, Habits};
use super::hand::drain;
use super::ledger::{self, Call};
use super::process::{Process, Role};

/// The processes, their file and their ledgers.
pub struct Crowd {
    program: &'static str,
    dir: TempDir,
    /// What all actors have in common.
    common: Actor,
    members: Vec<(Process, Habits)>,
    started: u64,
    /// How many were killed by [`Crowd::kill`] while they ran.
    pub kills: usize,
    /// How many killed themselves.
    pub self_kills: usize,
}

impl Crowd {
    /// Makes an empty file for a crowd of processes of that program.
    pub fn new(program: &'static str, seed: u64, threads: usize, leases: (i64, i64)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("jobs.db");
        Self::at(program, dir, file, seed, threads, leases)
    }

    /// Makes a crowd of processes that use a Redis server.
    pub fn on_redis(
        program: &'static str,
        url: &str,
        seed: u64,
        threads: usize,
        leases: (i64, i64),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::at(program, dir, PathBuf::from(url), seed, threads, leases)
    }

    fn at(
        program: &'static str,
        dir: TempDir,
        file: PathBuf,
        seed: u64,
        threads: usize,
        leases: (i64, i64),
    ) -> Self {
        let common = Actor {
            file,
            queue: "work".into(),
            ledger: PathBuf::new(),
            seed,
            threads,
            time: 3_600_000,
            deeds: u64::MAX,
            is_full: false,
            leases,
            habits: Habits::ALL,
        };
        Self { program, dir, common, members: vec![], started: 0, kills: 0, self_kills: 0 }
    }

    /// Opens the queue in this process.
    pub fn queue(&self) -> Queue {
        let options = QueueOptions { durability: Durability::Normal, ..QueueOptions::default() };
        let url = self.common.file.to_str().unwrap();
        Queue::open_with(url, &self.common.queue, options).unwrap()
    }

    /// Adds a process of these habits.
    pub fn start(&mut self, habits: Habits) {
        let member = (self.spawn(habits), habits);
        self.members.push(member);
    }

    /// Kills the process at that place and starts another in its stead.
    pub fn kill(&mut self, place: usize) {
        self.kills += usize::from(self.members[place].0.kill());
        self.members[place].0 = self.spawn(self.members[place].1);
    }

    /// Stops the process at that place, or lets it go on.
    pub fn freeze(&self, place: usize, is_frozen: bool) {
        let process = &self.members[place].0;
        if is_frozen { process.freeze() } else { process.thaw() }
    }

    /// Replaces those that killed themselves.
    ///
    /// # Panics
    /// If one has ended in another way: a panic, or a call that was refused.
    pub fn replace_self_killed(&mut self) {
        for place in 0..self.members.len() {
            if let Some(status) = self.members[place].0.ended() {
                assert!(status.code().is_none(), "a process ended with {status}");
                self.self_kills += 1;
                self.members[place].0 = self.spawn(self.members[place].1);
            }
        }
    }

    /// Counts the processes.
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// Kills all, works off what is left in this process, and gives all ledgers.
    ///
    /// # Panics
    /// If work is left that does not come within `patience`.
    pub fn end(&mut self, queue: &Queue, patience: Duration) -> Vec<Vec<Call>> {
        self.replace_self_killed();
        for (mut process, _) in self.members.drain(..) {
            self.kills += usize::from(process.kill());
        }
        drain(queue, &self.ledger(0), patience);
        let ledgers = (0..=self.started).map(|number| self.ledger(number));
        ledgers.filter(|path| path.exists()).map(|path| ledger::read(&path)).collect()
    }

    /// Gives the directory of the file.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    fn spawn(&mut self, habits: Habits) -> Process {
        self.started += 1;
        let actor = Actor {
            ledger: self.ledger(self.started),
            seed: self.common.seed.wrapping_mul(100_000).wrapping_add(self.started),
            habits,
            ..self.common.clone()
        };
        Process::start(self.program, &Role::Act(actor))
    }

    fn ledger(&self, number: u64) -> PathBuf {
        self.dir.path().join(format!("{number}.ledger"))
    }
}

impl Drop for Crowd {
    /// Keeps the file and the ledgers of a test that failed: not every seed finds a moment again.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.dir.disable_cleanup(true);
            eprintln!("file and ledgers are in {}", self.dir.path().display());
        }
    }
}

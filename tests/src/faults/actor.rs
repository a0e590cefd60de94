//! A process that uses a queue at random and keeps a ledger.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use fairlane::{Durability, Queue, QueueOptions};
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::hand::Hand;
use super::ledger::Ledger;

/// The lanes that actors push to; tests set limits on the last two.
pub const LANES: [&str; 5] = ["one", "two", "three", "rated", "capped"];

/// How often an actor does what, as weights.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Habits {
    pub push: u32,
    pub pop: u32,
    pub complete: u32,
    pub retry: u32,
    pub fail: u32,
    pub release: u32,
    pub extend: u32,
    pub cancel: u32,
    pub sweep: u32,
    pub stall: u32,
    pub die: u32,
}

impl Habits {
    const NONE: Self = Self {
        push: 0,
        pop: 0,
        complete: 0,
        retry: 0,
        fail: 0,
        release: 0,
        extend: 0,
        cancel: 0,
        sweep: 0,
        stall: 0,
        die: 0,
    };

    /// Pushes, and nothing else.
    pub const PRODUCER: Self = Self { push: 1, ..Self::NONE };

    /// Pops and completes, and now and then tries again.
    pub const WORKER: Self = Self { pop: 50, complete: 60, retry: 2, fail: 1, ..Self::NONE };

    /// Works without accidents, and sweeps often.
    pub const DILIGENT: Self = Self {
        push: 30,
        pop: 30,
        complete: 25,
        retry: 4,
        fail: 1,
        release: 4,
        sweep: 6,
        ..Self::NONE
    };

    /// Does everything.
    pub const ALL: Self = Self {
        push: 300,
        pop: 300,
        complete: 250,
        retry: 40,
        fail: 10,
        release: 40,
        extend: 40,
        cancel: 10,
        sweep: 10,
        stall: 8,
        die: 1,
    };
}

/// The role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Actor {
    /// The file, or the URL of a server.
    pub file: PathBuf,
    /// The queue.
    pub queue: String,
    /// Where the ledger goes.
    pub ledger: PathBuf,
    /// What all choices follow from.
    pub seed: u64,
    /// How many threads act.
    pub threads: usize,
    /// How long they act, in milliseconds, and
    pub time: u64,
    /// how much each of them does at most.
    pub deeds: u64,
    /// Whether pushes wait for the disk.
    pub is_full: bool,
    /// The shortest and longest lease in milliseconds.
    pub leases: (i64, i64),
    /// What they do.
    pub habits: Habits,
}

impl Actor {
    /// Acts for the time given; what it then holds, it leaves.
    pub fn play(self) {
        let durability = if self.is_full { Durability::Full } else { Durability::Normal };
        let options = QueueOptions { durability, ..QueueOptions::default() };
        let url = self.file.to_str().unwrap();
        let until = Instant::now() + Duration::from_millis(self.time);
        // The disk may fail before it is open.
        let queue = loop {
            match Queue::open_with(url, &self.queue, options.clone()) {
                Err(error) if error.retryable() && Instant::now() < until => {}
                opened => break opened.unwrap(),
            }
        };
        let ledger = Ledger::create(&self.ledger);
        let known = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for thread in 0..self.threads {
                let seed = self.seed.wrapping_mul(1_000).wrapping_add(thread as u64);
                let mut hand = Hand {
                    queue: &queue,
                    ledger: &ledger,
                    known: &known,
                    actor: &self,
                    rng: Rng::with_seed(seed),
                    name: format!("{seed}"),
                    pushes: 0,
                    held: Vec::new(),
                };
                scope.spawn(move || {
                    let mut deeds = 0..hand.actor.deeds;
                    while deeds.next().is_some() && Instant::now() < until {
                        hand.act();
                    }
                });
            }
        });
    }
}

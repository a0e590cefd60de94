//! The stores that every property is checked on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fairlane::clock::{Clock, ManualClock, Millis};
use fairlane::store::Store;
use fairlane::store::model::ModelStore;
use fairlane::store::redis::RedisStore;
use fairlane::store::redis::driver::Address;
use fairlane::store::sqlite::SqliteStore;
use fairlane::{Queue, QueueOptions};

use crate::redis::shared_server;

/// The moment at which a test's clock starts.
pub const DAWN: Millis = 1_700_000_000_000;

/// Runs a test with an empty queue on each kind of store, and the clock that it reads.
pub fn on_each(name: &str, test: impl Fn(Queue, Arc<ManualClock>)) {
    for kind in Kind::ALL {
        println!("on {kind:?}");
        let clock = Arc::new(ManualClock::new(DAWN));
        let options = QueueOptions { clock: Arc::clone(&clock) as _, ..QueueOptions::default() };
        let queue = Queue::on(kind.make(&clock), name, &options).expect("a queue");
        test(queue, clock);
    }
}

/// A kind of store that a test can make as many of as it likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The reference model.
    Model,
    /// The embedded store, in memory.
    Sqlite,
    /// A queue on a server that all of them share.
    Redis,
}

impl Kind {
    /// Lists all kinds.
    pub const ALL: [Kind; 3] = [Kind::Model, Kind::Sqlite, Kind::Redis];

    /// Makes an empty queue that reads `clock`.
    pub fn make(self, clock: &Arc<ManualClock>) -> Arc<dyn Store> {
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
        let options = QueueOptions { clock, ..QueueOptions::default() };
        match self {
            Self::Model => Arc::new(ModelStore::new(&options, 1)),
            Self::Sqlite => Arc::new(SqliteStore::in_memory("test", &options).expect("a store")),
            Self::Redis => {
                static MADE: AtomicU64 = AtomicU64::new(0);
                let name = format!("test {}", MADE.fetch_add(1, Ordering::Relaxed));
                let address = Address::parse(&shared_server().url()).expect("an address");
                Arc::new(RedisStore::open(address, &name, &options).expect("a store"))
            }
        }
    }

    /// Gives the size of a large backlog: what the store is made for.
    pub fn many(self) -> usize {
        match self {
            Self::Model => 1_000,
            Self::Sqlite => 100_000,
            Self::Redis => 20_000,
        }
    }

    /// Gives the part of `cases` that a test takes: a call of a server takes far longer than one of
    /// a store in this process.
    pub fn share_of(self, cases: u64) -> u64 {
        match self {
            Self::Model | Self::Sqlite => cases,
            Self::Redis => cases.div_ceil(50),
        }
    }
}

//! The stores that every property is checked on.

use std::sync::Arc;

use fairlane::QueueOptions;
use fairlane::clock::{Clock, ManualClock, Millis};
use fairlane::store::Store;
use fairlane::store::model::ModelStore;
use fairlane::store::sqlite::SqliteStore;

/// The moment at which a test's clock starts.
pub const DAWN: Millis = 1_700_000_000_000;

/// A kind of store that a test can make as many of as it likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The reference model.
    Model,
    /// The embedded store, in memory.
    Sqlite,
}

impl Kind {
    /// Lists all kinds.
    pub const ALL: [Kind; 2] = [Kind::Model, Kind::Sqlite];

    /// Makes an empty queue that reads `clock`.
    pub fn make(self, clock: &Arc<ManualClock>) -> Arc<dyn Store> {
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
        let options = QueueOptions { clock, ..QueueOptions::default() };
        match self {
            Self::Model => Arc::new(ModelStore::new(&options, 1)),
            Self::Sqlite => Arc::new(SqliteStore::in_memory("test", &options).expect("a store")),
        }
    }

    /// Gives the size of a large backlog: what the store is made for.
    pub fn many(self) -> usize {
        match self {
            Self::Model => 1_000,
            Self::Sqlite => 100_000,
        }
    }
}

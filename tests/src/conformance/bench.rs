//! Where scenarios run.

use std::sync::Arc;

use fairlane::clock::ManualClock;
use fairlane::store::model::ModelStore;
use fairlane::{Queue, QueueOptions, Result};
use tempfile::TempDir;

use crate::redis::RedisServer;
use crate::stores::DAWN;

/// A kind of store.
pub enum Place {
    /// The reference model.
    Model,
    /// The embedded store in memory.
    Memory,
    /// The embedded store in a file.
    File,
    /// A server.
    Redis(RedisServer),
}

impl Place {
    /// Gives its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Memory => "memory",
            Self::File => "file",
            Self::Redis(_) => "redis",
        }
    }
}

/// An empty store, and a clock.
pub struct Bench<'a> {
    place: &'a Place,
    directory: TempDir,
    pub(super) clock: Arc<ManualClock>,
    /// What tells the tokens of one queue of the model from those of another.
    tag: u32,
}

impl<'a> Bench<'a> {
    /// Empties the place.
    pub fn new(place: &'a Place) -> Self {
        if let Place::Redis(server) = place {
            server.command::<()>(&["FLUSHALL"]);
        }
        let directory = tempfile::tempdir().expect("temporary directory");
        Self { place, directory, clock: Arc::new(ManualClock::new(DAWN)), tag: 0 }
    }

    /// Opens a queue, on the store of the bench unless `url` names another.
    pub(super) fn open(
        &mut self,
        url: Option<String>,
        name: &str,
        mut options: QueueOptions,
    ) -> Result<Queue> {
        options.clock = Arc::clone(&self.clock) as _;
        if let Some(url) = url {
            return Queue::open_with(&url, name, options);
        }
        match self.place {
            Place::Model => {
                self.tag += 1;
                Queue::on(Arc::new(ModelStore::new(&options, self.tag)), name, &options)
            }
            Place::Memory => Queue::open_with("memory:", name, options),
            Place::File => {
                let file = self.directory.path().join("jobs.db");
                Queue::open_with(&file.to_string_lossy(), name, options)
            }
            Place::Redis(server) => Queue::open_with(&server.url(), name, options),
        }
    }
}

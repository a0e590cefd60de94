use std::path::Path;
use std::sync::Arc;

use fairlane::store::sqlite::SqliteStore;
use fairlane::{QueueOptions, Result};
use wasm_bindgen::prelude::*;

use crate::errors::{Outcome, raise};
use crate::given::Given;
use crate::manual_clock::ManualClock;
use crate::options::options;
use crate::queue::{Place, Queue};

#[wasm_bindgen]
impl Queue {
    /// Makes a queue in memory.
    pub fn memory(name: JsValue, given: JsValue, clock: Option<ManualClock>) -> Outcome<Self> {
        Self::embedded(name, given, clock, SqliteStore::in_memory)
    }

    /// Opens a queue in a file; the files have been opened.
    pub fn file(
        path: String,
        name: JsValue,
        given: JsValue,
        clock: Option<ManualClock>,
    ) -> Outcome<Self> {
        Self::embedded(name, given, clock, |name, options| {
            SqliteStore::open(Path::new(&path), name, options)
        })
    }
}

impl Queue {
    fn embedded(
        name: JsValue,
        given: JsValue,
        clock: Option<ManualClock>,
        open: impl FnOnce(&str, &QueueOptions) -> Result<SqliteStore>,
    ) -> Outcome<Self> {
        let name = Given::new("name", name).text()?;
        let options = options(given, clock)?;
        let opened = || {
            let store = Arc::new(open(&name, &options)?);
            let queue = fairlane::Queue::on(Arc::clone(&store) as _, &name, &options)?;
            Ok(Place::Embedded(queue, store))
        };
        let place = opened().map_err(|error| raise(&error))?;
        Ok(Self { name, options, place })
    }
}

use std::sync::Arc;

use fairlane::store::sqlite::SqliteStore;
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
        let name = Given::new("name", name).text()?;
        let options = options(given, clock)?;
        let store = SqliteStore::in_memory(&name, &options);
        let store = Arc::new(store.map_err(|error| raise(&error))?);
        let queue = fairlane::Queue::on(Arc::clone(&store) as _, &name, &options);
        let queue = queue.map_err(|error| raise(&error))?;
        Ok(Self { name, options, place: Place::Embedded(queue, store) })
    }
}

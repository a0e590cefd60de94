use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use fairlane::store::redis::protocol::Manner;
use fairlane::store::sqlite::{Ends, SqliteStore};
use fairlane::store::{Ask, Batch, Ear, Fate, Store};
use fairlane::{JobId, QueueOptions, Result};
use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::errors::{Outcome, raise};
use crate::given::Given;
use crate::manual_clock::ManualClock;
use crate::options::options;
use crate::queue::{Place, Queue};
use crate::row::text;
use crate::verb::Source;

/// The embedded store of one handle, and how the handle learns of the ends of jobs.
pub struct Embedded {
    store: Arc<SqliteStore>,
    ear: Ear,
    /// Entered when somebody waits for the first time.
    ends: RefCell<Option<Ends>>,
}

impl Embedded {
    /// Gives those jobs that have ended of which somebody waits for that.
    pub fn ended(&self) -> Vec<JobId> {
        self.ends.borrow().as_ref().map(Ends::take).unwrap_or_default()
    }

    /// Has the end of a job call this handle no longer.
    pub fn give_up(&self, id: JobId) -> Result<()> {
        self.store.give_up(id, self.ear)
    }

    /// Lets go of the file, which is closed when nobody has it.
    pub fn leave(&self) {
        self.ends.take();
    }
}

impl Source for Embedded {
    /// The package itself knows who waits for work.
    fn pop(&self, ask: Ask, _manner: Manner) -> Result<Batch> {
        self.store.pop(ask)
    }

    fn fate(&self, id: JobId, listener: Option<&str>) -> Result<Fate> {
        if listener.is_none() {
            return self.store.fate(id);
        }
        if self.ends.borrow().is_none() {
            self.ends.replace(Some(self.store.ends(self.ear)?));
        }
        self.store.await_end(id, self.ear)
    }
}

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

    /// Gives the ids of those jobs that have ended of which somebody waits for that.
    pub fn ended(&self) -> Array {
        let Place::Embedded(_, embedded) = &self.place else { return Array::new() };
        embedded.ended().into_iter().map(|id| text(Some(id))).collect()
    }

    /// Waits no longer for the end of a job.
    #[wasm_bindgen(js_name = giveUp)]
    pub fn give_up(&self, id: JsValue) -> Outcome<()> {
        let Place::Embedded(_, embedded) = &self.place else { return Ok(()) };
        embedded.give_up(Given::new("id", id).job_id()?).map_err(|error| raise(&error))
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
            let embedded = Embedded { store, ear: Ear::next(), ends: RefCell::default() };
            Ok(Place::Embedded(queue, Rc::new(embedded)))
        };
        let place = opened().map_err(|error| raise(&error))?;
        Ok(Self { name, options, place })
    }
}

//! The queue: opening and closing here, the verbs in their groups. Each verb reads its arguments and
//! gives the way to its result.

#[cfg(feature = "sqlite")]
use std::rc::Rc;

use fairlane::store::redis::protocol::Protocol;
use fairlane::{QueueOptions, Result};
use wasm_bindgen::prelude::*;

use crate::errors::{Outcome, raise};
use crate::given::Given;
use crate::manual_clock::ManualClock;
use crate::options::options;
use crate::row::bytes;
use crate::verb::{Act, Source, Verb};

mod archive;
mod consume;
#[cfg(feature = "sqlite")]
mod embedded;
mod lanes;
mod look;
mod produce;
mod results;
mod schedule;

/// One named queue in one store.
#[wasm_bindgen]
pub struct Queue {
    name: String,
    options: QueueOptions,
    place: Place,
}

enum Place {
    #[cfg(feature = "sqlite")]
    Embedded(fairlane::Queue, Rc<embedded::Embedded>),
    /// On a server that the package talks to.
    Remote,
}

#[wasm_bindgen]
impl Queue {
    /// Names a queue on a Redis server.
    pub fn remote(name: JsValue, given: JsValue, clock: Option<ManualClock>) -> Outcome<Self> {
        let name = Given::new("name", name).text()?;
        let options = options(given, clock)?;
        // Checks the name, which every verb would otherwise refuse.
        let checked = Verb::remote(&name, &options, Box::new(|_, _| Ok(JsValue::UNDEFINED)));
        checked.map_err(|error| raise(&error))?;
        Ok(Self { name, options, place: Place::Remote })
    }

    /// Gives the name.
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// Gives the key of the marker that calls workers which wait at the server.
    #[wasm_bindgen(js_name = wakeKey)]
    pub fn wake_key(&self) -> JsValue {
        bytes(&Protocol::new(&self.name, &self.options, 0).wake_key())
    }

    /// Closes the queue. Files are closed with the last handle, which this one is done with.
    pub fn close(&mut self) {
        #[cfg(feature = "sqlite")]
        if let Place::Embedded(queue, embedded) = &self.place {
            queue.close();
            embedded.leave();
        }
    }
}

impl Queue {
    fn verb<T>(
        &self,
        mut act: impl FnMut(&fairlane::Queue) -> Result<T> + 'static,
        show: impl Fn(T) -> JsValue + 'static,
    ) -> Outcome<Verb> {
        self.verb_on(Box::new(move |queue, _: &dyn Source| act(queue).map(&show)))
    }

    /// Gives an argument to each run of a verb; in the embedded store there is one.
    fn each_run<T: Clone + Default>(&self, mut argument: T) -> impl FnMut() -> T + use<T> {
        let is_remote = matches!(self.place, Place::Remote);
        move || if is_remote { argument.clone() } else { std::mem::take(&mut argument) }
    }

    fn verb_on(&self, act: Act) -> Outcome<Verb> {
        match &self.place {
            #[cfg(feature = "sqlite")]
            Place::Embedded(queue, embedded) => {
                Ok(Verb::embedded(queue, Rc::clone(embedded) as _, act))
            }
            Place::Remote => {
                Verb::remote(&self.name, &self.options, act).map_err(|error| raise(&error))
            }
        }
    }
}

/// Shows nothing.
fn nothing((): ()) -> JsValue {
    JsValue::UNDEFINED
}

/// Shows a count.
fn count(count: u64) -> JsValue {
    (count as f64).into()
}

/// Reads the name of a lane, if one was given.
fn lane(lane: JsValue) -> Outcome<Option<String>> {
    Given::new("lane", lane).optional().map(|lane| lane.text()).transpose()
}

use fairlane::store::redis::protocol::Protocol;
use wasm_bindgen::prelude::*;

use crate::errors::Outcome;
use crate::given::Given;
use crate::queue::Queue;
use crate::row::bytes;
use crate::verb::Verb;

#[wasm_bindgen]
impl Queue {
    /// Gives the result of a job. If it has not ended, its end calls the listener, and undefined is
    /// given; with `waited`, an error that says so.
    pub fn result(&self, id: JsValue, waited: JsValue, listener: Option<String>) -> Outcome<Verb> {
        let id = Given::new("id", id).job_id()?;
        let waited = Given::new("wait", waited).optional().map(|it| it.duration()).transpose()?;
        self.verb_on(Box::new(move |_, source| {
            match (source.fate(id, listener.as_deref())?.told(id), waited) {
                (Some(told), _) => Ok(told?.map_or(JsValue::NULL, |value| bytes(&value))),
                (None, Some(waited)) => Err(id.unfinished(waited)),
                (None, None) => Ok(JsValue::UNDEFINED),
            }
        }))
    }

    /// Gives the key of the box into which the ends of jobs go for which that listener waits.
    #[wasm_bindgen(js_name = endsKey)]
    pub fn ends_key(&self, listener: &str) -> JsValue {
        bytes(&Protocol::new(&self.name, &self.options, 0).ends_key(listener))
    }
}

use js_sys::{Array, Float64Array};
use wasm_bindgen::prelude::*;

use crate::errors::Outcome;
use crate::new_job::new_jobs;
use crate::queue::Queue;
use crate::verb::Verb;

#[wasm_bindgen]
impl Queue {
    /// Pushes all the jobs of a packet; gives for each the number of its id, and 1 if it is new.
    #[wasm_bindgen(js_name = pushMany)]
    pub fn push_many(
        &self,
        numbers: &[f64],
        bytes: &[u8],
        lanes: &Array,
        others: &Array,
    ) -> Outcome<Verb> {
        let mut jobs = self.each_run(new_jobs(numbers, bytes, lanes, others)?);
        self.verb(
            move |queue| queue.push_many(jobs()),
            |pushed| {
                let both = |pushed: &fairlane::Pushed| {
                    [pushed.id.0 as f64, f64::from(u8::from(pushed.is_new))]
                };
                Float64Array::from(&pushed.iter().flat_map(both).collect::<Vec<_>>()[..]).into()
            },
        )
    }
}

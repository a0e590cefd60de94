use fairlane::Pushed;
use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::errors::Outcome;
use crate::given::Given;
use crate::new_job::{new_job, new_jobs};
use crate::queue::Queue;
use crate::row::{row, text};
use crate::verb::Verb;

#[wasm_bindgen]
impl Queue {
    /// Pushes one job; gives its id.
    pub fn push(&self, job: JsValue) -> Outcome<Verb> {
        let job = new_job(&Given::new("job", job))?;
        self.verb(move |queue| queue.push(job.clone()), |id| text(Some(id)))
    }

    /// Pushes all the jobs; gives for each its id and whether it is new.
    #[wasm_bindgen(js_name = pushMany)]
    pub fn push_many(&self, jobs: JsValue) -> Outcome<Verb> {
        let jobs = new_jobs(&Given::new("jobs", jobs))?;
        let show = |pushed: Pushed| row([text(Some(pushed.id)), pushed.is_new.into()]);
        self.verb(
            move |queue| queue.push_many(jobs.clone()),
            move |pushed| pushed.into_iter().map(show).collect::<Array>().into(),
        )
    }
}

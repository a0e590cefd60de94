use fairlane::FailedFilter;
use fairlane::given::both;
use wasm_bindgen::prelude::*;

use crate::errors::{Outcome, raise};
use crate::given::Given;
use crate::job_info::job_infos;
use crate::queue::{Queue, count, nothing};
use crate::verb::Verb;

#[wasm_bindgen]
impl Queue {
    /// Lists dead jobs, the latest first.
    pub fn failed(&self, n: JsValue) -> Outcome<Verb> {
        let n = Given::new("count", n).optional().map_or(Ok(100), |n| n.count())?;
        self.verb(move |queue| queue.failed(n), job_infos)
    }

    /// Puts dead jobs back into their lanes.
    #[wasm_bindgen(js_name = restoreFailed)]
    pub fn restore_failed(&self, ids: JsValue, lane: JsValue) -> Outcome<Verb> {
        let filter = filter(ids, lane)?;
        self.verb(move |queue| queue.restore_failed(filter.clone()), count)
    }

    /// Forgets dead jobs.
    #[wasm_bindgen(js_name = cleanFailed)]
    pub fn clean_failed(&self, ids: JsValue, lane: JsValue) -> Outcome<Verb> {
        let filter = filter(ids, lane)?;
        self.verb(move |queue| queue.clean_failed(filter.clone()), count)
    }

    /// Frees all keys of the queue.
    #[wasm_bindgen(js_name = bumpKeys)]
    pub fn bump_keys(&self) -> Outcome<Verb> {
        self.verb(|queue| queue.bump_keys(), nothing)
    }
}

fn filter(ids: JsValue, lane: JsValue) -> Outcome<FailedFilter> {
    let (ids, lane) = (Given::new("ids", ids), Given::new("lane", lane));
    match (ids.optional(), lane.optional()) {
        (None, None) => Ok(FailedFilter::All),
        (Some(ids), None) => {
            let ids = ids.parts()?.iter().map(Given::job_id).collect::<Outcome<_>>();
            ids.map(FailedFilter::Ids)
        }
        (None, Some(lane)) => lane.text().map(FailedFilter::Lane),
        (Some(_), Some(_)) => Err(raise(&both("ids", "lane"))),
    }
}

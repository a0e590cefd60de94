use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::errors::Outcome;
use crate::given::Given;
use crate::job_info::{job_info, job_infos};
use crate::lane_info::lane_info;
use crate::queue::{Queue, count, lane};
use crate::row::number;
use crate::stats::stats;
use crate::verb::Verb;

#[wasm_bindgen]
impl Queue {
    /// Counts the queue's jobs, lanes and deeds.
    pub fn stats(&self) -> Outcome<Verb> {
        self.verb(|queue| queue.stats(), stats)
    }

    /// Gives the number of waiting jobs of a lane, or of the whole queue.
    pub fn size(&self, name: JsValue) -> Outcome<Verb> {
        let name = lane(name)?;
        self.verb(move |queue| queue.size(name.as_deref()), number)
    }

    /// Lists the lanes by name.
    pub fn lanes(&self) -> Outcome<Verb> {
        let show = |lanes: Vec<_>| lanes.into_iter().map(lane_info).collect::<Array>().into();
        self.verb(|queue| queue.lanes(), show)
    }

    /// Looks at one lane.
    pub fn lane(&self, name: JsValue) -> Outcome<Verb> {
        let name = Given::new("lane", name).text()?;
        let show = |lane: Option<_>| lane.map_or(JsValue::NULL, lane_info);
        self.verb(move |queue| queue.lane(&name), show)
    }

    /// Looks at a job.
    pub fn get(&self, id: JsValue) -> Outcome<Verb> {
        let id = Given::new("id", id).job_id()?;
        let show = |job: Option<_>| job.map_or(JsValue::NULL, job_info);
        self.verb(move |queue| queue.get(id), show)
    }

    /// Looks at the first ready jobs of a lane.
    pub fn peek(&self, name: JsValue, n: JsValue) -> Outcome<Verb> {
        let name = lane(name)?.unwrap_or_else(|| fairlane::DEFAULT_LANE.to_owned());
        let n = Given::new("count", n).optional().map_or(Ok(1), |n| n.count())?;
        self.verb(move |queue| queue.peek(&name, n), job_infos)
    }

    /// Removes a job; tells whether there was one.
    pub fn cancel(&self, id: JsValue) -> Outcome<Verb> {
        let id = Given::new("id", id).job_id()?;
        self.verb(move |queue| queue.cancel(id), JsValue::from)
    }

    /// Removes the waiting jobs of a lane, or of the whole queue.
    pub fn purge(&self, name: JsValue) -> Outcome<Verb> {
        let name = lane(name)?;
        self.verb(move |queue| queue.purge(name.as_deref()), count)
    }
}

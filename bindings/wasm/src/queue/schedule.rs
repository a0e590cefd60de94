use fairlane::schedule::{DEFAULT_TIMEZONE, timing};
use fairlane::{CatchUp, Schedule};
use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::errors::{Outcome, raise};
use crate::given::Given;
use crate::new_job::new_job;
use crate::queue::{Queue, nothing};
use crate::schedule_info::schedule_info;
use crate::verb::Verb;

#[wasm_bindgen]
impl Queue {
    /// Pushes a job at every tick of a schedule.
    pub fn schedule(&self, name: JsValue, job: JsValue, terms: JsValue) -> Outcome<Verb> {
        let name = Given::new("name", name).text()?;
        let terms = Given::new("options", terms);
        let text = |field| terms.field(field).optional().map(|text| text.text()).transpose();
        let every = terms.field("every").optional().map(|every| every.span()).transpose()?;
        let (cron, timezone) = (text("cron")?, text("timezone")?);
        let timezone = timezone.as_deref().unwrap_or(DEFAULT_TIMEZONE);
        let timing = timing(cron.as_deref(), every, timezone).map_err(|error| raise(&error))?;
        let catch_up = text("catchUp")?.map_or(Ok(CatchUp::One), |name| name.parse());
        let schedule = Schedule::new(name, timing, new_job(&Given::new("job", job))?)
            .catch_up(catch_up.map_err(|error| raise(&error))?);
        self.verb(move |queue| queue.schedule(schedule.clone()), nothing)
    }

    /// Ends a schedule; tells whether there was one.
    pub fn unschedule(&self, name: JsValue) -> Outcome<Verb> {
        let name = Given::new("name", name).text()?;
        self.verb(move |queue| queue.unschedule(&name), JsValue::from)
    }

    /// Lists the schedules by name.
    pub fn schedules(&self) -> Outcome<Verb> {
        let show = |all: Vec<_>| all.into_iter().map(schedule_info).collect::<Array>().into();
        self.verb(|queue| queue.schedules(), show)
    }
}

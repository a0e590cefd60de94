use fairlane::JobInfo;
use js_sys::Array;
use wasm_bindgen::JsValue;

use crate::headers;
use crate::row::{bytes, moment, number, row, text};

/// Gives a job as it stands in the store.
pub fn job_info(job: JobInfo) -> JsValue {
    let fields = row([
        text(Some(job.id)),
        job.state.name().into(),
        job.lane.into(),
        bytes(&job.payload),
        number(job.priority),
        number(job.cost),
        number(job.tries),
        number(job.max_tries),
        number(job.lapses),
        number(job.pushed_at),
        moment(job.due_at),
        moment(job.lease_until),
        moment(job.died_at),
        text(job.key),
        text(job.after),
        job.parent_dead.into(),
        text(job.error),
        headers::texts(job.headers),
    ]);
    fields.into()
}

/// Gives jobs as they stand in the store.
pub fn job_infos(jobs: Vec<JobInfo>) -> JsValue {
    jobs.into_iter().map(job_info).collect::<Array>().into()
}

use fairlane::Job;
use wasm_bindgen::JsValue;

use crate::headers;
use crate::packet::Packet;

/// How many numbers say what a job is.
const NUMBERS: usize = 17;

/// Gives delivered jobs.
pub fn jobs(jobs: Vec<Job>) -> JsValue {
    // Most have no key and no error.
    let bytes = jobs.iter().map(|job| job.lane.len() + job.payload.len()).sum();
    let mut packet = Packet::with_room(1 + NUMBERS * jobs.len(), bytes);
    packet.number(jobs.len() as i64);
    for job in &jobs {
        packet.number(job.token.job.0 as i64);
        packet.number(job.token.delivery as i64);
        packet.number(job.token.queue.into());
        packet.blob(job.lane.as_bytes());
        packet.blob(&job.payload);
        packet.number(job.priority);
        packet.number(job.cost);
        packet.number(job.tries);
        packet.number(job.max_tries);
        packet.number(job.lapses);
        packet.number(job.pushed_at);
        packet.number(job.started_at);
        packet.maybe(job.lease_until);
        packet.maybe_text(job.key.as_deref());
        packet.maybe(job.after.map(|id| id.0 as i64));
        packet.maybe_text(job.error.as_deref());
        headers::write(&mut packet, &job.headers);
    }
    packet.leave()
}

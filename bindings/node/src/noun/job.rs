use fairlane::{Job, JobId};

use crate::noun::headers;
use crate::packet::Packet;

/// Writes a delivered job as a part, which JavaScript keeps and reads when it is asked: first what is
/// a number in every job, in the places that node/lib/job.cjs knows. The token is its three numbers.
pub fn write(packet: &mut Packet, job: &Job) {
    let mark = packet.open();
    packet.row([
        job.id.0 as f64,
        job.token.delivery as f64,
        job.token.queue.into(),
        job.priority as f64,
        job.cost as f64,
        job.tries as f64,
        job.max_tries as f64,
        job.lapses as f64,
        job.pushed_at as f64,
        job.started_at as f64,
        job.lease_until.map_or(f64::NAN, |moment| moment as f64),
        maybe_id(job.after),
    ]);
    packet.blob(&job.payload);
    packet.text(&job.lane);
    packet.maybe_text(job.key.as_deref());
    packet.maybe_text(job.error.as_deref());
    headers::write(packet, &job.headers);
    packet.close(mark);
}

/// Writes jobs, their number first.
pub fn write_many<'a>(packet: &mut Packet, jobs: impl ExactSizeIterator<Item = &'a Job>) {
    packet.number(jobs.len() as f64);
    for job in jobs {
        write(packet, job);
    }
}

/// Gives the number of the id of a job that may not have been named.
pub fn maybe_id(id: Option<JobId>) -> f64 {
    id.map_or(f64::NAN, |id| id.0 as f64)
}

use fairlane::{Job, JobId};

use crate::noun::headers;
use crate::packet::Packet;

/// Writes a delivered job as a part, which JavaScript keeps and reads when it is asked: first what is
/// a number in every job, in the places that node/lib/job.cjs knows. The token is its three numbers.
pub fn write(packet: &mut Packet, job: &Job) {
    let mark = packet.open();
    packet.number(job.id.0 as f64);
    packet.number(job.token.delivery as f64);
    packet.number(job.token.queue.into());
    packet.integer(job.priority);
    packet.integer(job.cost);
    packet.integer(job.tries);
    packet.integer(job.max_tries);
    packet.integer(job.lapses);
    packet.integer(job.pushed_at);
    packet.integer(job.started_at);
    packet.maybe_integer(job.lease_until);
    write_maybe_id(packet, job.after);
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

/// Writes the id of a job that may not have been named.
pub fn write_maybe_id(packet: &mut Packet, id: Option<JobId>) {
    packet.number(id.map_or(f64::NAN, |id| id.0 as f64));
}

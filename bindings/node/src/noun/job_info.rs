use fairlane::JobInfo;

use crate::noun::headers;
use crate::noun::job::maybe_id;
use crate::packet::Packet;

/// Writes a job as it stands in the store.
pub fn write(packet: &mut Packet, job: &JobInfo) {
    packet.number(job.id.0 as f64);
    packet.text(job.state.name());
    packet.text(&job.lane);
    packet.blob(&job.payload);
    packet.integer(job.priority);
    packet.integer(job.cost);
    packet.integer(job.tries);
    packet.integer(job.max_tries);
    packet.integer(job.lapses);
    packet.integer(job.pushed_at);
    packet.maybe_integer(job.due_at);
    packet.maybe_integer(job.lease_until);
    packet.maybe_integer(job.died_at);
    packet.maybe_text(job.key.as_deref());
    packet.number(maybe_id(job.after));
    packet.truth(job.parent_dead);
    packet.maybe_text(job.error.as_deref());
    headers::write(packet, &job.headers);
}

/// Writes jobs, their number first.
pub fn write_many(packet: &mut Packet, jobs: &[JobInfo]) {
    packet.number(jobs.len() as f64);
    for job in jobs {
        write(packet, job);
    }
}

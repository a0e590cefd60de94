//! Popping.

use crate::clock::Millis;
use crate::fair::charge;
use crate::job::Job;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::JobRow;
use crate::store::sqlite::journal::Pop;
use crate::store::sqlite::lane_row::Lane;
use crate::store::sqlite::queue_row::{NEVER, number_of};
use crate::store::sqlite::settle::Lease;
use crate::store::sqlite::step::Step;
use crate::store::{Ask, Batch};
use crate::token::{JobId, Token};

/// What one look for a job came to.
enum Found {
    Job(Box<Job>),
    /// A damaged job was set aside: look again.
    Damage,
    /// No job may start; this is when the queue's own gate opens, if that is the reason.
    Nothing(Option<Millis>),
}

impl Call<'_> {
    /// Delivers up to `ask.count` jobs.
    pub(super) fn pop(&mut self, ask: Ask) -> Step<Batch> {
        // What else was due has been moved: only a tick stays due until it is fired.
        let has_tick = self.queue.due <= self.now;
        let mut batch = Batch { has_tick, ..Batch::default() };
        let lease_until = (ask.lease > 0).then(|| self.now + ask.lease);
        if lease_until.is_none() {
            // A job that is complete at once leaves its place at once.
            self.book()?;
        }
        while batch.jobs.len() < ask.count {
            match self.pop_one(lease_until, ask.count - batch.jobs.len())? {
                Found::Job(job) => batch.jobs.push(*job),
                Found::Damage => {}
                Found::Nothing(gate_opens_at) => {
                    let due = if has_tick {
                        self.flush()?;
                        self.next_due_but_leases_and_ticks_until(self.now)?
                    } else {
                        self.queue.due
                    };
                    let next = gate_opens_at.unwrap_or(NEVER).min(due).min(self.queue.lease_due);
                    batch.next_due = Some(next).filter(|next| *next != NEVER);
                    break;
                }
            }
        }
        Ok(batch)
    }

    fn pop_one(&mut self, lease_until: Option<Millis>, wanted: usize) -> Step<Found> {
        let gate = &self.queue.gate;
        if gate.throttled_until > self.now {
            return Ok(Found::Nothing(Some(gate.throttled_until)));
        }
        if gate.paused || gate.is_capped(self.queue.counts.in_flight) {
            return Ok(Found::Nothing(None));
        }
        let Some(id) = self.next_lane()? else { return Ok(Found::Nothing(None)) };
        let Some(mut lane) = self.take(id)? else { return Ok(Found::Nothing(None)) };
        // A job that is complete at once may let another go before those that were read ahead.
        let ready_lanes = usize::try_from(self.queue.ready_lanes).unwrap_or(1).max(1);
        let ahead = if lease_until.is_some() { wanted / ready_lanes } else { 1 };
        let Some(foremost) = self.foremost(id, ahead)? else {
            // The count said otherwise: set it right, so that the lane leaves the ready ones.
            self.queue.counts.ready -= lane.counts.ready;
            lane.counts.ready = 0;
            self.put(lane)?;
            return Ok(Found::Damage);
        };
        let (place, job) = ([id, foremost.rank, foremost.position], foremost.id);
        let (row, payload) = match foremost.open(self.sql)? {
            Ok(whole) => whole,
            Err(damage) => {
                self.book()?;
                self.leave_ready(place)?;
                lane.counts.ready -= 1;
                self.quarantine(job, Some(lane), &damage)?;
                return Ok(Found::Damage);
            }
        };
        if let Some(opens_at) = self.queue_opens_at(row.cost)? {
            self.ahead.forget(id);
            self.put_untouched(lane);
            return Ok(Found::Nothing(Some(opens_at)));
        }
        let job = self.start(row, payload, lane, place, lease_until)?;
        Ok(Found::Job(Box::new(job)))
    }

    fn queue_opens_at(&mut self, cost: i64) -> Step<Option<Millis>> {
        let mut gate = self.queue.gate;
        if gate.limits.rate.is_unlimited() {
            return Ok(None);
        }
        self.prune_starts(self.queue_gate(), &mut gate)?;
        if gate.used != self.queue.gate.used {
            self.touch();
            self.queue.gate = gate;
        }
        self.rate_opens_at(self.queue_gate(), &gate, cost)
    }

    /// Starts the job at a place in the ready order: charges its lane, and leases it or ends it.
    fn start(
        &mut self,
        row: JobRow,
        payload: Vec<u8>,
        mut lane: Lane,
        place: [i64; 3],
        lease_until: Option<Millis>,
    ) -> Step<Job> {
        self.queue.virtual_time = self.queue.virtual_time.max(lane.start);
        let start = self.queue.virtual_time + charge(row.cost, lane.gate.limits.weight);
        self.raise_start(&mut lane, start);
        self.record_start(lane.id, &mut lane.gate, row.cost)?;
        let mut gate = self.queue.gate;
        self.record_start(self.queue_gate(), &mut gate, row.cost)?;
        if gate != self.queue.gate {
            self.touch();
            self.queue.gate = gate;
        }
        let name = lane.name.clone();
        match lease_until {
            Some(until) => {
                self.lease_out(&row, &mut lane, place, until);
                if !lane.gate.limits.rate.is_unlimited() {
                    // The cost of the job that is foremost now decides when the lane opens.
                    self.book()?;
                }
                self.put_moved(lane)?;
            }
            None => {
                lane.counts.ready -= 1;
                self.leave_ready(place)?;
                self.put(lane)?;
            }
        }
        let job = self.delivered(&row, payload, name, lease_until);
        if lease_until.is_none() {
            self.complete(row.id, row.is_large, Some(&row))?;
        }
        Ok(job)
    }

    fn lease_out(&mut self, row: &JobRow, lane: &mut Lane, place: [i64; 3], until: Millis) {
        self.count_pop(lane, until);
        let [_, rank, position] = place;
        let lease = Lease {
            job: row.id,
            lane: lane.id,
            delivery: row.deliveries + 1,
            until,
            is_keyed: row.key.is_some(),
            is_large: row.is_large,
        };
        let (owner, start, virtual_time) = (self.owner, lane.start, self.queue.virtual_time);
        self.note_pop(Pop { lease, rank, position, owner, start, virtual_time });
    }

    fn delivered(
        &self,
        row: &JobRow,
        payload: Vec<u8>,
        lane: String,
        lease_until: Option<Millis>,
    ) -> Job {
        let id = JobId(number_of(row.id));
        let delivery = row.deliveries as u64 + 1;
        let key = row.key.as_ref().filter(|key| key.generation == self.queue.key_generation);
        Job {
            id,
            token: Token { job: id, delivery, queue: self.queue.tag },
            lane,
            payload,
            priority: row.priority,
            cost: row.cost,
            tries: row.tries + 1,
            max_tries: row.max_tries,
            lapses: row.lapses,
            pushed_at: row.pushed_at,
            started_at: self.now,
            lease_until,
            key: key.map(|key| key.name.clone()),
            after: row.after.map(|parent| JobId(number_of(parent))),
            error: row.error.clone(),
            headers: row.headers.clone(),
        }
    }
}

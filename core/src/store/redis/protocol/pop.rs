//! Popping.

use crate::clock::Millis;
use crate::error::Result;
use crate::job::Job;
use crate::store::Ask;
use crate::token::{JobId, Token};

use super::reader::Reader;
use super::{Protocol, Reply, Request, record, scripts, unexpected, unsigned};

/// What a worker that waits says of itself when it pops.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Manner {
    /// It goes to sleep if nothing comes.
    pub sleeps: bool,
    /// It was woken by the marker, and has taken it: while work remains, it passes it on.
    pub rung: bool,
    /// It was told when to look again. If it gets a job, another must take that over.
    pub watches: bool,
}

/// What a pop gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Popped {
    /// The jobs, in the order in which they were chosen.
    pub jobs: Vec<Job>,
    /// The moment of the pop, by the clock that was used.
    pub now: Millis,
    /// When to look again, by the same clock; see [`crate::store::Batch`]. A worker that sleeps
    /// may get none because others look.
    pub next_due: Option<Millis>,
    /// Whether the tick of a schedule has come.
    pub has_tick: bool,
}

impl Protocol {
    /// Delivers plain jobs to a worker that does not wait; `None` if the ask is not plain.
    pub fn plain_pop(&self, ask: Ask, clock: Option<Millis>) -> Option<Request> {
        if ask.lease == 0 {
            return None;
        }
        let is_one = ask.count == 1;
        let script = if is_one { &scripts::PLAIN_POP } else { &scripts::PLAIN_POP_MANY };
        let mut request = self.plain(script, clock);
        if !is_one {
            request.push(ask.count.to_string());
        }
        request.push(ask.lease.to_string());
        Some(request)
    }

    /// Reads what a pop of plain jobs gave; `None` if it gave nothing: then [`Protocol::pop`] is to
    /// be sent. If it gave fewer than were asked for, that may give more.
    ///
    /// # Errors
    /// `Corrupt` if a row is not what fairlane wrote.
    pub fn read_plain_pop(&self, reply: Reply, lease: Millis) -> Result<Option<Popped>> {
        match reply {
            Reply::Nil => Ok(None),
            Reply::Bytes(bytes) => {
                read_one(&bytes, lease).ok_or_else(|| unexpected("delivery"))?.map(Some)
            }
            reply => self.read_pop(reply, lease).map(Some),
        }
    }

    /// Delivers jobs.
    pub fn pop(&self, ask: Ask, manner: Manner, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::POP, clock);
        request.push(ask.count.to_string());
        request.push(ask.lease.to_string());
        let letters = [(manner.sleeps, 's'), (manner.rung, 'r'), (manner.watches, 'w')];
        let said: String =
            letters.iter().filter(|(is_so, _)| *is_so).map(|(_, letter)| letter).collect();
        request.push(said);
        request
    }

    /// Reads what a pop gave.
    ///
    /// # Errors
    /// `Corrupt` if a row is not what fairlane wrote.
    pub fn read_pop(&self, reply: Reply, lease: Millis) -> Result<Popped> {
        let mut parts = reply.list()?.into_iter();
        let mut number = || parts.next().unwrap_or(Reply::Nil).int();
        let (now, tag, key_floor, due) = (number()?, number()?, number()?, number()?);
        let delivery = Delivery {
            tag: u32::try_from(tag).map_err(|_| unexpected("tag"))?,
            key_floor: unsigned(key_floor)?,
            now,
            lease,
        };
        let mut jobs = Vec::new();
        while let Some(name) = parts.next() {
            jobs.push(delivery.read_job(name, parts.next().unwrap_or(Reply::Nil))?);
        }
        let has_tick = due < -1;
        let next_due = Some(if has_tick { -2 - due } else { due });
        let next_due = next_due.filter(|due| *due > 0 || (*due == 0 && !has_tick));
        Ok(Popped { jobs, now, next_due, has_tick })
    }
}

/// What the jobs of one pop have in common.
struct Delivery {
    tag: u32,
    key_floor: u64,
    now: Millis,
    lease: Millis,
}

/// What a job has been through, with this delivery.
struct Run {
    id: u64,
    deliveries: u64,
    tries: i64,
    lapses: i64,
    error: Option<String>,
}

/// Reads the one string that tells of a single job.
fn read_one(bytes: &[u8], lease: Millis) -> Option<Result<Popped>> {
    let mut reader = Reader::new(bytes);
    let now = reader.number()? as Millis;
    let (tag, key_floor) = (reader.number()? as u32, reader.number()? as u64);
    let mut run = read_run(&mut reader)?;
    let length = reader.length()?;
    let text = reader.bytes(length)?;
    run.error = run.error.map(|_| String::from_utf8_lossy(text).into_owned());
    let delivery = Delivery { tag, key_floor, now, lease };
    let job = delivery.job(run, reader.rest());
    Some(job.map(|job| Popped { jobs: vec![job], now, next_due: None, has_tick: false }))
}

impl Delivery {
    fn read_job(&self, name: Reply, record: Reply) -> Result<Job> {
        let run = match name {
            Reply::Int(id) => {
                Run { id: unsigned(id)?, deliveries: 1, tries: 1, lapses: 0, error: None }
            }
            Reply::Bytes(bytes) => {
                let mut reader = Reader::new(&bytes);
                let mut run = read_run(&mut reader).ok_or_else(|| unexpected("delivery"))?;
                let text = reader.rest();
                run.error = run.error.map(|_| String::from_utf8_lossy(text).into_owned());
                run
            }
            _ => return Err(unexpected("job")),
        };
        self.job(run, &record.bytes()?)
    }

    fn job(&self, run: Run, record: &[u8]) -> Result<Job> {
        let record = record::decode(record)?;
        Ok(Job {
            id: JobId(run.id),
            token: Token { job: JobId(run.id), delivery: run.deliveries, queue: self.tag },
            lane: record.lane,
            payload: record.payload,
            priority: record.priority,
            cost: record.cost,
            tries: run.tries,
            max_tries: record.max_tries,
            lapses: run.lapses,
            pushed_at: record.pushed_at,
            started_at: self.now,
            lease_until: (self.lease > 0).then_some(self.now + self.lease),
            key: record.key.filter(|_| run.id >= self.key_floor),
            after: record.after,
            error: run.error,
            headers: record.headers,
        })
    }
}

/// Reads what a job has been through; an error is empty, its text follows.
fn read_run(reader: &mut Reader<'_>) -> Option<Run> {
    let (id, deliveries) = (reader.number()? as u64, reader.number()? as u64);
    let (tries, lapses) = (reader.number()? as i64, reader.number()? as i64);
    let error = (reader.byte()? == 1).then(String::new);
    Some(Run { id, deliveries, tries, lapses, error })
}

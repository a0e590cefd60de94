//! The whole state, for tests.

use crate::clock::Millis;
use crate::error::Result;
use crate::job::JobInfo;
use crate::store::{Dump, HoldDump, LaneDump, Owner};
use crate::token::JobId;

use super::told::{self, Parts};
use super::{Protocol, Reply, Request, scripts, unexpected, unsigned};

impl Protocol {
    /// Asks for the whole state.
    pub fn dump(&self) -> Request {
        self.look(&scripts::DUMP)
    }

    /// Reads the whole state.
    ///
    /// # Errors
    /// `Corrupt` if a record is not what fairlane wrote.
    pub fn read_dump(&self, reply: Reply) -> Result<Dump> {
        let mut parts = Parts::of(reply)?;
        Ok(Dump {
            virtual_time: parts.int()?,
            stats: told::stats(parts.next())?,
            throttled_until: parts.moment()?,
            history: starts(parts.next())?,
            ready: each(parts.next(), text)?,
            lanes: each(parts.next(), lane)?,
            jobs: each(parts.next(), told::job)?,
            dead: each::<(JobInfo, u64)>(parts.next(), told::job)?,
            keys: {
                let mut keys = each(parts.next(), key)?;
                keys.sort();
                keys
            },
            holds: {
                let mut holds = each(parts.next(), hold)?;
                holds.sort_by(|one, other| one.key.cmp(&other.key));
                holds
            },
            schedules: self.read_schedules(parts.next())?,
            results: {
                let mut results = each(parts.next(), result)?;
                results.sort();
                results
            },
        })
    }
}

fn each<T>(reply: Reply, read: impl FnMut(Reply) -> Result<T>) -> Result<Vec<T>> {
    reply.list()?.into_iter().map(read).collect()
}

fn text(reply: Reply) -> Result<String> {
    String::from_utf8(reply.bytes()?).map_err(|_| unexpected("name that is not UTF-8"))
}

fn id(reply: Reply) -> Result<JobId> {
    Ok(JobId(unsigned(reply.int()?)?))
}

fn starts(reply: Reply) -> Result<Vec<(Millis, i64)>> {
    let numbers = each(reply, Reply::int)?;
    Ok(numbers.as_chunks().0.iter().map(|[moment, cost]| (*moment, *cost)).collect())
}

fn lane(reply: Reply) -> Result<LaneDump> {
    let mut parts = Parts::of(reply)?;
    let info = told::lane(parts.next())?;
    Ok(LaneDump {
        name: info.name,
        start: parts.int()?,
        counts: info.counts,
        limits: info.limits,
        paused: info.paused,
        throttled_until: parts.moment()?,
        history: starts(parts.next())?,
        ready: each(parts.next(), id)?,
    })
}

fn key(reply: Reply) -> Result<(String, JobId, Millis)> {
    let mut parts = Parts::of(reply)?;
    Ok((parts.text()?, id(parts.next())?, parts.int()?))
}

fn hold(reply: Reply) -> Result<HoldDump> {
    let mut parts = Parts::of(reply)?;
    let key = parts.text()?;
    let owner = parts.next().bytes()?.try_into().map_err(|_| unexpected("owner"))?;
    let owner = Owner(u64::from_le_bytes(owner));
    Ok(HoldDump { key, owner, kept_until: parts.int()?, ends_at: parts.int()? })
}

fn result(reply: Reply) -> Result<(JobId, Vec<u8>, Millis)> {
    let mut parts = Parts::of(reply)?;
    Ok((id(parts.next())?, parts.next().bytes()?, parts.int()?))
}

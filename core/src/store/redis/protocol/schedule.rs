//! Schedules.

use crate::clock::Millis;
use crate::error::{Error, ErrorCode, Result};
use crate::job::{Key, NewJob};
use crate::schedule::{CatchUp, Schedule, ScheduleInfo, Timing};
use crate::store::{Firing, Ticks};

use super::push::{add_group, read_refusal};
use super::reader::Reader;
use super::told::Parts;
use super::{Protocol, Reply, Request, record, scripts};

/// What a record begins with; the scripts read it.
const OF_THE_CALENDAR: u8 = b'c';
const OF_AN_INTERVAL: u8 = b'e';
/// What stands for the moment of a push in the record of the job.
const NO_MOMENT: [u8; 6] = [0; 6];

impl Protocol {
    /// Keeps a schedule whose first tick is at `next_at`.
    pub fn schedule(&self, schedule: &Schedule, next_at: Millis, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::SCHEDULE, clock);
        request.push(schedule.name.as_str());
        request.push(next_at.to_string());
        request.push(encode(schedule));
        request
    }

    /// Ends a schedule.
    pub fn unschedule(&self, name: &str, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::UNSCHEDULE, clock);
        request.push(name);
        request
    }

    /// Reads whether there was such a schedule.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_unschedule(&self, reply: Reply) -> Result<bool> {
        Ok(reply.int()? == 1)
    }

    /// Lists the schedules.
    pub fn schedules(&self) -> Request {
        self.look(&scripts::SCHEDULES)
    }

    /// Reads a list of schedules and sorts it by name.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_schedules(&self, reply: Reply) -> Result<Vec<ScheduleInfo>> {
        let mut schedules: Vec<ScheduleInfo> = Vec::new();
        for info in told(reply.list()?)? {
            // They are few, and this is less to download than a sort, in WebAssembly.
            let place = schedules.partition_point(|one| one.schedule.name < info.schedule.name);
            schedules.insert(place, info);
        }
        Ok(schedules)
    }

    /// Asks for the moment and the schedules whose ticks have come.
    pub fn ticks(&self, count: usize, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::TICKS, clock);
        request.push(count.to_string());
        request
    }

    /// Reads the moment and the schedules whose ticks have come.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_ticks(&self, reply: Reply) -> Result<Ticks> {
        let mut parts = reply.list()?.into_iter();
        let now = parts.next().unwrap_or(Reply::Nil).int()?;
        Ok(Ticks { now, due: told(parts)? })
    }

    /// Settles ticks of a schedule.
    pub fn fire(&self, firing: &Firing, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::FIRE, clock);
        request.push(firing.name.as_str());
        for moment in [firing.expected, firing.next_at, firing.last_at] {
            request.push(moment.to_string());
        }
        add_group(&mut request, &firing.jobs);
        request
    }

    /// Reads whether the ticks were settled.
    ///
    /// # Errors
    /// What the rules refuse: nothing was pushed.
    pub fn read_fire(&self, reply: Reply, firing: &Firing) -> Result<bool> {
        let parts = reply.list()?;
        match &parts[..] {
            [Reply::Bytes(kind), Reply::Int(is_fired)] if kind == b"fired" => Ok(*is_fired == 1),
            _ => Err(read_refusal(Reply::List(parts), &firing.jobs)?),
        }
    }
}

/// Writes what of a schedule is no moment.
fn encode(schedule: &Schedule) -> Vec<u8> {
    let mut row = Vec::new();
    match &schedule.timing {
        Timing::Cron { expression, timezone } => {
            row.push(OF_THE_CALENDAR);
            record::put_text(&mut row, expression);
            record::put_text(&mut row, timezone);
        }
        Timing::Every(interval) => {
            row.push(OF_AN_INTERVAL);
            row.extend((*interval as f64).to_le_bytes());
        }
    }
    row.push(match schedule.catch_up {
        CatchUp::One => 0,
        CatchUp::Skip => 1,
        CatchUp::All => 2,
    });
    let ttl = schedule.job.key.as_ref().map_or(0, |key| key.ttl);
    row.extend((ttl as f64).to_le_bytes());
    row.extend(NO_MOMENT);
    row.extend(record::encode(&schedule.job));
    row
}

/// Reads schedules, but passes those over that something else has damaged: the others go on.
pub(super) fn told(replies: impl IntoIterator<Item = Reply>) -> Result<Vec<ScheduleInfo>> {
    let mut schedules = Vec::new();
    for reply in replies {
        let mut parts = Parts::of(reply)?;
        let (name, next_at, row) = (parts.text()?, parts.int()?, parts.next().bytes()?);
        match decode(name, next_at, &row) {
            Err(error) if error.code() == ErrorCode::Corrupt => {}
            info => schedules.push(info?),
        }
    }
    Ok(schedules)
}

fn decode(name: String, next_at: Millis, row: &[u8]) -> Result<ScheduleInfo> {
    let damaged =
        || Error::new(ErrorCode::Corrupt, "row of a schedule is not one that fairlane wrote");
    let mut reader = Reader::new(row);
    let (last_at, timing, catch_up, ttl) = read_head(&mut reader).ok_or_else(damaged)?;
    let record = record::decode(reader.rest())?;
    let job = NewJob {
        priority: record.priority,
        cost: record.cost,
        max_tries: record.max_tries,
        backoff: record.backoff,
        key: record.key.map(|name| Key { name, ttl }),
        ..NewJob::new(record.payload).lane(record.lane)
    };
    let last_at = Some(last_at).filter(|moment| *moment >= 0);
    Ok(ScheduleInfo { schedule: Schedule { name, timing, catch_up, job }, next_at, last_at })
}

/// Reckons the next ticks of schedules that have lost them: they go on after the latest one that was
/// settled, and so miss none. One that cannot be read, or whose calendar this build does not know,
/// stays as it is.
pub(super) fn next_ticks(now: Millis, lost: Reply) -> Result<Vec<(String, Millis)>> {
    let mut ticks = Vec::new();
    for schedule in lost.list()? {
        let mut parts = Parts::of(schedule)?;
        let (name, row) = (parts.text()?, parts.next().bytes()?);
        let next = decode(name, now, &row).and_then(|info| {
            let next_at = info.schedule.first_at(info.last_at.unwrap_or(now))?;
            Ok((info.schedule.name, next_at))
        });
        ticks.extend(next.ok());
    }
    Ok(ticks)
}

fn read_head(reader: &mut Reader<'_>) -> Option<(Millis, Timing, CatchUp, Millis)> {
    let last_at = reader.number()? as Millis;
    let timing = match reader.byte()? {
        OF_THE_CALENDAR => Timing::Cron { expression: reader.text()?, timezone: reader.text()? },
        OF_AN_INTERVAL => Timing::Every(reader.number()? as Millis),
        _ => return None,
    };
    let catch_up = match reader.byte()? {
        0 => CatchUp::One,
        1 => CatchUp::Skip,
        2 => CatchUp::All,
        _ => return None,
    };
    Some((last_at, timing, catch_up, reader.number()? as Millis))
}

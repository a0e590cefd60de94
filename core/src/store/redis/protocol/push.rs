//! Pushing.

use crate::clock::Millis;
use crate::error::{Error, ErrorCode, Result};
use crate::job::{NewJob, Pushed};
use crate::token::JobId;

use super::{Protocol, Reply, Request, record, scripts, unexpected, unsigned};

impl Protocol {
    /// Pushes plain jobs; `None` if one of them is not plain.
    pub fn plain_push(&self, jobs: &[NewJob], clock: Option<Millis>) -> Option<Request> {
        if !jobs.iter().all(record::is_plain) {
            return None;
        }
        let script = if jobs.len() == 1 { &scripts::PLAIN_PUSH } else { &scripts::PLAIN_PUSH_MANY };
        let mut request = self.plain(script, clock);
        for job in jobs {
            request.push(record::encode(job));
        }
        Some(request)
    }

    /// Reads what a push of that many plain jobs did; `None` if the case is not plain: nothing was
    /// changed, and [`Protocol::push`] is to be sent.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_plain_push(&self, reply: Reply, count: usize) -> Result<Option<Vec<Pushed>>> {
        if reply == Reply::Nil {
            return Ok(None);
        }
        let first = unsigned(reply.int()?)?;
        let pushed = |id| Pushed { id: JobId(id), is_new: true };
        Ok(Some((first..).take(count).map(pushed).collect()))
    }

    /// Pushes all the jobs, or none.
    pub fn push(&self, jobs: &[NewJob], clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::PUSH, clock);
        add_group(&mut request, jobs);
        request
    }

    /// Reads what a push of these jobs did.
    ///
    /// # Errors
    /// What the rules refuse: nothing was pushed.
    pub fn read_push(&self, reply: Reply, jobs: &[NewJob]) -> Result<Vec<Pushed>> {
        let parts = reply.list()?;
        if let [Reply::Bytes(kind), Reply::List(ids)] = &parts[..]
            && kind == b"pushed"
        {
            return ids.iter().map(read_pushed).collect();
        }
        Err(read_refusal(Reply::List(parts), jobs)?)
    }
}

/// Adds how many jobs, and each as its record and its extras.
pub(super) fn add_group(request: &mut Request, jobs: &[NewJob]) {
    request.push(jobs.len().to_string());
    for job in jobs {
        request.push(record::encode(job));
        request.push(record::encode_extras(job));
    }
}

fn read_pushed(id: &Reply) -> Result<Pushed> {
    match *id {
        Reply::Int(id) => Ok(Pushed { id: JobId(id.unsigned_abs()), is_new: id > 0 }),
        _ => Err(unexpected("job id")),
    }
}

/// Reads why a group of jobs was refused.
pub(super) fn read_refusal(reply: Reply, jobs: &[NewJob]) -> Result<Error> {
    let mut parts = reply.list()?.into_iter();
    let mut next = || parts.next().unwrap_or(Reply::Nil);
    let kind = next().bytes()?;
    let index = usize::try_from(next().int()?).unwrap_or(usize::MAX);
    let (waiting, most) = (next().int()?, next().int()?);
    let job = jobs.get(index).ok_or_else(|| unexpected("place of a job"))?;
    let full = |what: String| {
        let message =
            format!("{what} is full: {waiting} jobs are waiting and max_waiting is {most}");
        Error::new(ErrorCode::QueueFull, message)
    };
    match &kind[..] {
        b"lane full" => Ok(full(format!("lane {:?}", job.lane))),
        b"queue full" => Ok(full("queue".to_owned())),
        b"unknown" => {
            let parent = job.after.unwrap_or(JobId(0));
            Ok(parent.never_pushed())
        }
        _ => Err(unexpected("refusal")),
    }
}

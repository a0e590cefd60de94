use fairlane::{JobResult, Result, Verdict};

use crate::noun::{job_result, new_job};
use crate::packet::Reader;
use crate::{refuse, time};

/// Reads what a handler said about its job.
pub fn read(arguments: &mut Reader<'_>) -> Result<Verdict> {
    Ok(match arguments.text()? {
        "done" => {
            let then = new_job::read_many(arguments)?;
            let result = job_result::read_value(arguments)?.map(JobResult::new);
            Verdict::Done { then, result }
        }
        "retry" => {
            let (error, delay) = (arguments.text()?.to_owned(), arguments.maybe_number()?);
            let delay = delay.map(|delay| time::duration("delay", delay)).transpose()?;
            Verdict::Retry { error, delay }
        }
        "fail" => Verdict::Fail { error: arguments.text()?.to_owned() },
        "release" => Verdict::Release { delay: time::duration("delay", arguments.number()?)? },
        _ => return Err(refuse::packet()),
    })
}

//! One delivery: the command is run, and how it ended ends the delivery.

use std::io;
use std::time::{Duration, Instant};

use crate::cli::work::child::{Exit, Process};
use crate::cli::work::dispatch::Dispatch;
use crate::cli::work::report::{Ended, Outcome};
use crate::cli::work::slots::Told;
use crate::error::ErrorCode;
use crate::job::Job;
use crate::queue::Queue;
use crate::token::Token;
use crate::worker::persist::persist;

/// The exit status that says: do not try again.
const FAILED_FOR_GOOD: i32 = 100;

/// What is to be done about a delivery.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Complete,
    Retry(String),
    Fail(String),
    Release,
    /// Nothing can be: it is lost.
    Nothing,
}

/// Runs the command for a job that was entered into the slots, and takes it out again.
pub(super) fn run(dispatch: &Dispatch<'_>, mut job: Job) {
    let started = Instant::now();
    let (verdict, exit) = attend(dispatch, &mut job);
    let outcome = settle(dispatch, &job, &verdict);
    dispatch.report.ended(&Ended {
        job: &job,
        outcome,
        exit_status: exit.and_then(|exit| exit.status.code()),
        duration: started.elapsed(),
        error: match &verdict {
            Verdict::Retry(error) | Verdict::Fail(error) => Some(error),
            Verdict::Complete | Verdict::Release | Verdict::Nothing => None,
        },
    });
    // Told before it leaves: with one slot, ends are told in their order.
    dispatch.slots.leave(&job.token);
}

fn attend(dispatch: &Dispatch<'_>, job: &mut Job) -> (Verdict, Option<Exit>) {
    // Popped in the moment in which the end began, or next to a job whose command was not found.
    if dispatch.slots.is_stopping() {
        return (Verdict::Release, None);
    }
    if job.lane.contains('\0') {
        let error = "lane name holds a NUL, which no environment variable can";
        return (Verdict::Fail(error.to_owned()), None);
    }
    match run_command(dispatch, job) {
        Ok((exit, told)) => (judge(&exit, told), Some(exit)),
        Err(error) => {
            dispatch.slots.fail(format!("cannot run {:?}: {error}", dispatch.program()));
            (Verdict::Release, None)
        }
    }
}

fn run_command(dispatch: &Dispatch<'_>, job: &mut Job) -> io::Result<(Exit, Option<Told>)> {
    let mut process = Process::start(dispatch.context, &dispatch.arguments.command, job)?;
    dispatch.slots.started(&job.token, process.group());
    let exited = process.wait_for_exit();
    let told = dispatch.slots.exited(&job.token);
    exited?;
    Ok((process.reap()?, told))
}

fn judge(exit: &Exit, told: Option<Told>) -> Verdict {
    if exit.status.success() {
        return Verdict::Complete;
    }
    let reason = || match exit.complaint.as_str() {
        "" => how(exit),
        complaint => format!("{}: {complaint}", how(exit)),
    };
    match (told, exit.status.code()) {
        (Some(Told::Lost), _) => Verdict::Nothing,
        (Some(Told::Interrupted), _) => Verdict::Release,
        (None, Some(FAILED_FOR_GOOD)) => Verdict::Fail(reason()),
        (None, _) => Verdict::Retry(reason()),
    }
}

fn how(exit: &Exit) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&exit.status) {
        let name = signal_hook::low_level::signal_name(signal).unwrap_or("no name");
        return format!("killed by signal {signal} ({name})");
    }
    exit.status.code().map_or_else(|| exit.status.to_string(), |code| format!("exit status {code}"))
}

fn settle(dispatch: &Dispatch<'_>, job: &Job, verdict: &Verdict) -> Outcome {
    let end = |queue: &Queue, token: &Token| match verdict {
        Verdict::Complete => queue.mark_complete(token).map(|()| Outcome::Completed),
        Verdict::Retry(error) => queue.retry(token, error, None).map(|()| {
            let is_last = job.max_tries >= 0 && job.tries >= job.max_tries;
            if is_last { Outcome::Dead } else { Outcome::Retried }
        }),
        Verdict::Fail(error) => queue.fail(token, error).map(|()| Outcome::Dead),
        Verdict::Release => queue.release(token, Duration::ZERO).map(|()| Outcome::Returned),
        Verdict::Nothing => Ok(Outcome::Lost),
    };
    let result = persist(dispatch.arguments.lease, |_| {}, || end(dispatch.queue, &job.token));
    result.unwrap_or_else(|error| {
        if error.code() != ErrorCode::StaleToken {
            dispatch.report.note(&format!("job {}: cannot end its delivery: {error}", job.id));
        }
        Outcome::Lost
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn judged(raw_status: i32, told: Option<Told>) -> Verdict {
        let status = ExitStatus::from_raw(raw_status);
        judge(&Exit { status, complaint: "no such host".into() }, told)
    }

    #[test]
    fn the_exit_status_decides() {
        assert_eq!(judged(0, None), Verdict::Complete);
        assert_eq!(judged(3 << 8, None), Verdict::Retry("exit status 3: no such host".into()));
        assert_eq!(judged(100 << 8, None), Verdict::Fail("exit status 100: no such host".into()));
        let killed = "killed by signal 9 (SIGKILL): no such host";
        assert_eq!(judged(9, None), Verdict::Retry(killed.into()));
    }

    #[test]
    fn a_command_that_was_told_to_end_is_not_charged() {
        assert_eq!(judged(15, Some(Told::Interrupted)), Verdict::Release);
        assert_eq!(judged(15, Some(Told::Lost)), Verdict::Nothing);
        // It was done before it heard.
        assert_eq!(judged(0, Some(Told::Interrupted)), Verdict::Complete);
    }
}

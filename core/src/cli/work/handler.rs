//! What the worker calls: the handler, which runs the command, and the observer.

use std::io;

use crate::cli::work::child::{Exit, Process, Program};
use crate::cli::work::commands::{Commands, Told};
use crate::cli::work::report::{Ended, Outcome, Report};
use crate::job::Job;
use crate::worker::{Event, Verdict};

/// The exit status that says: do not try again.
const FAILED_FOR_GOOD: i32 = 100;

/// Runs the command once a delivery, and tells how each ended.
#[derive(Debug)]
pub(super) struct Handler {
    pub(super) program: Program,
    pub(super) commands: Commands,
    pub(super) report: Report,
}

impl Handler {
    /// Runs the command to its end. `stop` is called if it cannot be run at all.
    pub(super) fn handle(&self, job: &Job, stop: impl FnOnce()) -> Verdict {
        self.commands.enter(job.token);
        let (verdict, exit_status) = self.attend(job, stop);
        match self.commands.ended(&job.token, exit_status) {
            None => verdict,
            Some(Told::Interrupted) => spare(verdict),
            Some(Told::Lost) => {
                self.leave(job, Outcome::Lost, None);
                Verdict::Ended
            }
        }
    }

    fn attend(&self, job: &Job, stop: impl FnOnce()) -> (Verdict, Option<i32>) {
        if job.lane.contains('\0') {
            let error = "lane name holds a NUL, which no environment variable can";
            return (Verdict::fail(error), None);
        }
        match self.run_command(job) {
            Ok(exit) => (judge(&exit), exit.status.code()),
            Err(error) => {
                self.commands.fail(format!("cannot run {:?}: {error}", self.program.name()));
                stop();
                (Verdict::release(), None)
            }
        }
    }

    fn run_command(&self, job: &Job) -> io::Result<Exit> {
        let mut process = Process::start(&self.program, job)?;
        self.commands.started(&job.token, process.group());
        let exited = process.wait_for_exit();
        self.commands.exited(&job.token);
        exited?;
        process.reap()
    }

    /// Tells what the worker says; a delivery that was lost only once its command has ended.
    pub(super) fn observe(&self, event: &Event<'_>) {
        match event {
            Event::Done { job, .. } => self.leave(job, Outcome::Completed, None),
            Event::Failed { job, error, .. } => self.leave(job, Outcome::Retried, Some(error)),
            Event::Dead { job, error, .. } => self.leave(job, Outcome::Dead, Some(error)),
            Event::Released { job } => self.leave(job, Outcome::Returned, None),
            Event::Lost { job } => {
                if let Some(run) = self.commands.lose(&job.token) {
                    self.report.ended(&Ended { job, run, outcome: Outcome::Lost, error: None });
                }
            }
            Event::Trouble { error, .. } => {
                self.report.note(&format!("the store cannot serve: {error}"))
            }
            Event::Started { .. } | Event::Idle { .. } => {}
        }
    }

    /// Tells how a delivery ended whose command has ended; of one that never began there is nothing
    /// to tell.
    fn leave(&self, job: &Job, outcome: Outcome, error: Option<&str>) {
        if let Some(run) = self.commands.leave(&job.token) {
            self.report.ended(&Ended { job, run, outcome, error });
        }
    }

    /// Reacts to the `count`-th interrupt.
    pub(super) fn interrupt(&self, count: usize) {
        let running = self.commands.interrupt(count);
        if count == 1 && running > 0 {
            let text = format!("waiting for {running} commands; interrupt again to end them");
            self.report.note(&text);
        }
    }
}

/// Says what follows from how a command ended that was not told to.
fn judge(exit: &Exit) -> Verdict {
    let reason = || match exit.complaint.as_str() {
        "" => how(exit),
        complaint => format!("{}: {complaint}", how(exit)),
    };
    match exit.status.code() {
        Some(0) => Verdict::done(),
        Some(FAILED_FOR_GOOD) => Verdict::fail(reason()),
        _ => Verdict::retry(reason()),
    }
}

/// Charges no try for a command that was told to end; it may have been done before it heard.
fn spare(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Done { .. } => verdict,
        _ => Verdict::release(),
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

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn judged(raw_status: i32) -> Verdict {
        let status = ExitStatus::from_raw(raw_status);
        judge(&Exit { status, complaint: "no such host".into() })
    }

    #[test]
    fn the_exit_status_decides() {
        assert_eq!(judged(0), Verdict::done());
        assert_eq!(judged(3 << 8), Verdict::retry("exit status 3: no such host"));
        assert_eq!(judged(100 << 8), Verdict::fail("exit status 100: no such host"));
        assert_eq!(judged(9), Verdict::retry("killed by signal 9 (SIGKILL): no such host"));
    }

    #[test]
    fn a_command_that_was_told_to_end_is_not_charged() {
        assert_eq!(spare(judged(15)), Verdict::release());
        assert_eq!(spare(judged(100 << 8)), Verdict::release());
        assert_eq!(spare(judged(0)), Verdict::done());
    }
}

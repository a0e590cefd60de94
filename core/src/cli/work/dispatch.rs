//! The loop that pops jobs and starts a thread for each.

use std::ffi::OsStr;
use std::thread::{self, Scope};
use std::time::Duration;

use crate::backoff::Backoff;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::work::report::Report;
use crate::cli::work::slots::Slots;
use crate::cli::work::{Arguments, delivery, keeper};
use crate::error::{Error, Result};
use crate::job::Job;
use crate::queue::Queue;

/// How often a wait for jobs is left to see whether to stop.
const LOOK_UP: Duration = Duration::from_millis(100);
/// The same, where the end of the queue's work is waited for.
const LOOK_UP_FOR_END: Duration = Duration::from_millis(20);

/// What all threads of a worker know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dispatch<'a> {
    pub(super) context: &'a Context,
    pub(super) arguments: &'a Arguments,
    pub(super) queue: &'a Queue,
    pub(super) slots: &'a Slots,
    pub(super) report: &'a Report,
}

/// Why a wait for jobs ended without one.
enum Idle {
    /// No more jobs are to be started.
    Stop,
    /// The store said so.
    Refused(Error),
}

impl From<Error> for Idle {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl Dispatch<'_> {
    /// Works until there is a reason to stop, and until what was started has ended.
    pub(super) fn run(self) -> Result<(), Failure> {
        let result = thread::scope(|scope| {
            let keeper = thread::Builder::new()
                .name("fairlane-keeper".into())
                .spawn_scoped(scope, move || keeper::keep(&self));
            let result = match keeper {
                Ok(_) => self.pop_all(scope),
                Err(error) => Err(Failure::system(format!("no thread to extend leases: {error}"))),
            };
            self.slots.wait_for_all();
            self.slots.close();
            result
        });
        result.and_then(|()| match self.slots.take_failure() {
            Some(reason) => Err(Failure::system(reason)),
            None => Ok(()),
        })
    }

    /// Gives the name of the command.
    pub(super) fn program(&self) -> &OsStr {
        self.arguments.command.first().map_or(OsStr::new(""), |program| program)
    }

    fn pop_all<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) -> Result<(), Failure> {
        let mut left = self.arguments.limit.unwrap_or(u64::MAX);
        let mut backoff = Backoff::default();
        while left > 0 {
            let Some(free) = self.slots.wait_for_free() else { return Ok(()) };
            let most = usize::try_from(left).map_or(free, |left| free.min(left));
            match self.pop(most) {
                Ok(jobs) => {
                    left -= jobs.len() as u64;
                    jobs.into_iter().for_each(|job| self.start(scope, job));
                    backoff.reset();
                }
                Err(Idle::Stop) => return Ok(()),
                Err(Idle::Refused(error)) if error.retryable() => {
                    self.report.note(&format!("cannot pop, trying again: {error}"));
                    self.slots.rest(backoff.duration().unwrap_or(LOOK_UP));
                }
                Err(Idle::Refused(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn pop(&self, most: usize) -> Result<Vec<Job>, Idle> {
        let look_up = if self.arguments.until_empty { LOOK_UP_FOR_END } else { LOOK_UP };
        let lease = self.arguments.lease;
        self.queue.pop_checked(most, Duration::MAX, lease, look_up, &mut || {
            let is_over =
                self.slots.is_stopping() || self.arguments.until_empty && self.is_empty()?;
            if is_over { Err(Idle::Stop) } else { Ok(()) }
        })
    }

    /// Tells whether no job is left that could still come to any worker. What is blocked then waits
    /// for dead jobs, and would wait for ever.
    fn is_empty(&self) -> Result<bool> {
        let counts = self.queue.stats()?.counts;
        Ok(counts.ready + counts.delayed + counts.in_flight == 0)
    }

    fn start<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, job: Job) {
        let token = job.token;
        self.slots.enter(token);
        let thread = thread::Builder::new().name(format!("fairlane-job-{}", job.id));
        if let Err(error) = thread.spawn_scoped(scope, move || delivery::run(self, job)) {
            self.slots.fail(format!("no thread for a job: {error}"));
            if let Err(error) = self.queue.release(&token, Duration::ZERO) {
                self.report.note(&format!("job {}: cannot give it back: {error}", token.job));
            }
            self.slots.leave(&token);
        }
    }
}

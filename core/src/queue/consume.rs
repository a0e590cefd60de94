//! Consuming: pop, and the ways in which a delivery ends.

use std::time::Duration;

use web_time::Instant;

use crate::clock::{Millis, millis};
use crate::error::{Error, ErrorCode, Result};
use crate::job::{Job, NewJob, clip_error, validate_span};
use crate::job_result::JobResult;
use crate::queue::Queue;
use crate::store::{Ask, Ending, Outcome};
use crate::token::Token;

/// The most jobs that one `pop_many` asks for.
pub const MAX_BATCH: usize = 10_000;

impl Queue {
    /// Delivers one job, or `None` if none came within `wait`.
    ///
    /// The worker has `lease` to end the delivery ([`Queue::mark_complete`] and its kin) or to
    /// [`Queue::extend`] it; then the job is delivered again. A lease of 0 means at most once: the
    /// job is gone with the pop. While it waits the thread sleeps: a push, a job that comes due or
    /// the end of a limit wakes it.
    ///
    /// # Errors
    /// `InvalidArgument` if the lease is out of range; `Closed`; those of the store.
    pub fn pop(&self, wait: Duration, lease: Duration) -> Result<Option<Job>> {
        Ok(self.pop_many(1, wait, lease)?.pop())
    }

    /// Delivers up to `count` jobs, as many as there are as soon as there is one.
    ///
    /// # Errors
    /// As [`Queue::pop`]; `InvalidArgument` if `count` is not 1 to 10,000.
    pub fn pop_many(&self, count: usize, wait: Duration, lease: Duration) -> Result<Vec<Job>> {
        self.pop_checked(count, wait, lease, Duration::MAX, &mut || Ok(()))
    }

    /// Does what [`Queue::pop_many`] does and calls `check` at least every `interval` while it
    /// waits: an error from it ends the wait. The door for hosts whose waits can be interrupted.
    ///
    /// # Errors
    /// As [`Queue::pop_many`], and what `check` gives.
    pub fn pop_checked<E: From<Error>>(
        &self,
        count: usize,
        wait: Duration,
        lease: Duration,
        interval: Duration,
        check: &mut dyn FnMut() -> Result<(), E>,
    ) -> Result<Vec<Job>, E> {
        let first = self.pop_with_ticks(Self::ask(count, lease)?, |ask| self.store.pop(ask))?;
        if !first.jobs.is_empty() || wait.is_zero() {
            return Ok(first.jobs);
        }
        let deadline = Instant::now().checked_add(wait);
        // Entered before the second look: a push after that look rings this waiter.
        let mut waiting = self.waiting()?;
        loop {
            let jobs = waiting.pop(count, lease)?;
            if !jobs.is_empty() {
                return Ok(jobs);
            }
            let left = deadline.map_or(Duration::MAX, |end| end.duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(Vec::new());
            }
            check()?;
            waiting.wait(left.min(interval))?;
        }
    }

    /// Checks what a pop asks for.
    pub(super) fn ask(count: usize, lease: Duration) -> Result<Ask> {
        let lease = millis(lease);
        validate_span("lease", lease)?;
        if !(1..=MAX_BATCH).contains(&count) {
            let message = format!("count {count} is out of range: accepted are 1 to {MAX_BATCH}");
            return Err(Error::invalid(message));
        }
        Ok(Ask { count, lease })
    }

    /// Ends a delivery: the job is done and leaves the store.
    ///
    /// On Redis a call whose reply is lost is sent again, and then told as done if the job is gone,
    /// for the first sending has mostly done that. If it had not arrived at all, the lease lapsed
    /// meanwhile and another delivery has completed the job, that is told as done, too. (Not so if it
    /// brings follow-ups or a result: they are there if it is told as done, and only then.)
    ///
    /// # Errors
    /// `StaleToken` if the delivery has lapsed or has ended: nothing was changed.
    pub fn mark_complete(&self, token: &Token) -> Result<()> {
        self.mark_complete_then(token, Vec::new())
    }

    /// Ends a delivery and pushes what follows from it, both or neither.
    ///
    /// # Errors
    /// As [`Queue::mark_complete`] and [`Queue::push_many`]: nothing was changed.
    pub fn mark_complete_then(&self, token: &Token, then: Vec<NewJob>) -> Result<()> {
        self.mark_complete_with(token, then, None)
    }

    /// Ends a delivery, pushes what follows from it, and keeps its result for
    /// [`Queue::result`]: all of it or nothing.
    ///
    /// # Errors
    /// As [`Queue::mark_complete_then`]; `PayloadTooLarge` or `InvalidArgument` if the result is not
    /// accepted: nothing was changed.
    pub fn mark_complete_with(
        &self,
        token: &Token,
        then: Vec<NewJob>,
        result: Option<JobResult>,
    ) -> Result<()> {
        self.finish_one(self.completion(token, then, result)?)
    }

    /// Ends many deliveries, each by itself, in one step; tells for each how it went.
    ///
    /// # Errors
    /// Those of the store; then nothing was changed.
    pub fn mark_complete_many(&self, tokens: &[Token]) -> Result<Vec<Result<()>>> {
        let ending = |token: &Token| Ending { token: *token, outcome: Outcome::done() };
        self.store.finish(tokens.iter().map(ending).collect())
    }

    /// Ends many deliveries, each by itself, in one step, and keeps the results of those that have
    /// one; tells for each how it went. A result that is not accepted refuses its own delivery alone.
    ///
    /// # Errors
    /// Those of the store; then nothing was changed.
    pub fn mark_complete_many_with(
        &self,
        completions: Vec<(Token, Option<JobResult>)>,
    ) -> Result<Vec<Result<()>>> {
        let mut refused = Vec::with_capacity(completions.len());
        let mut endings = Vec::with_capacity(completions.len());
        for (token, result) in completions {
            let ending = self.completion(&token, Vec::new(), result);
            refused.push(ending.map(|ending| endings.push(ending)).err());
        }
        let mut told =
            if endings.is_empty() { Vec::new() } else { self.finish(endings)? }.into_iter();
        let fare =
            |refused: Option<Error>| refused.map_or_else(|| told.next().unwrap_or(Ok(())), Err);
        Ok(refused.into_iter().map(fare).collect())
    }

    /// Gives the job back untried: to the front of its lane, or after `delay`.
    ///
    /// # Errors
    /// `StaleToken`; `InvalidArgument` if the delay is out of range.
    pub fn release(&self, token: &Token, delay: Duration) -> Result<()> {
        self.finish_one(Self::giving_back(token, delay)?)
    }

    /// Ends a failed try: the job comes again after `delay`, by default after its own backoff; it
    /// is dead if its tries are spent. `error` is kept with the job, up to 4096 bytes.
    ///
    /// # Errors
    /// `StaleToken`; `InvalidArgument` if the delay is out of range.
    pub fn retry(&self, token: &Token, error: &str, delay: Option<Duration>) -> Result<()> {
        self.finish_one(self.retrial(token, error, delay)?)
    }

    /// Ends a try that failed for good: the job is dead, whatever tries it had left.
    ///
    /// # Errors
    /// `StaleToken`.
    pub fn fail(&self, token: &Token, error: &str) -> Result<()> {
        self.finish_one(Self::failure(token, error))
    }

    /// Makes the lease last `lease` from now.
    ///
    /// # Errors
    /// `StaleToken` if the delivery has lapsed or has ended; `InvalidArgument` if the lease is 0 or
    /// out of range.
    pub fn extend(&self, token: &Token, lease: Duration) -> Result<()> {
        self.extend_many(std::slice::from_ref(token), lease)?.into_iter().collect()
    }

    /// Makes many leases last `lease` from now, each by itself, in one step.
    ///
    /// # Errors
    /// As [`Queue::extend`], but a stale token is told in its place.
    pub fn extend_many(&self, tokens: &[Token], lease: Duration) -> Result<Vec<Result<()>>> {
        let lease = millis(lease);
        validate_span("lease", lease)?;
        if lease == 0 {
            return Err(Error::invalid("lease 0 ms is out of range: an extended lease needs time"));
        }
        self.store.extend(tokens.to_vec(), lease)
    }

    /// Checks and says that a job is done, what follows, and what it leaves behind.
    pub(crate) fn completion(
        &self,
        token: &Token,
        then: Vec<NewJob>,
        result: Option<JobResult>,
    ) -> Result<Ending> {
        self.validate_all(&then)?;
        if let Some(result) = &result {
            result.validate(self.max_payload)?;
        }
        // Plain completions are cheaper.
        let result = result.filter(|result| result.ttl > 0);
        Ok(Ending { token: *token, outcome: Outcome::Complete { then, result } })
    }

    /// Checks and says that a job goes back untried.
    pub(crate) fn giving_back(token: &Token, delay: Duration) -> Result<Ending> {
        Ok(Ending { token: *token, outcome: Outcome::Release { delay: checked_delay(delay)? } })
    }

    /// Checks and says that a try failed.
    pub(crate) fn retrial(
        &self,
        token: &Token,
        error: &str,
        delay: Option<Duration>,
    ) -> Result<Ending> {
        let delay = delay.map(checked_delay).transpose()?;
        let (error, random) = (clip_error(error.to_owned()), self.random.unit());
        Ok(Ending { token: *token, outcome: Outcome::Retry { error, delay, random } })
    }

    /// Says that a job failed for good.
    pub(crate) fn failure(token: &Token, error: &str) -> Ending {
        Ending { token: *token, outcome: Outcome::Fail { error: clip_error(error.to_owned()) } }
    }

    /// Ends deliveries, each by itself, in one step; tells for each how it went.
    pub(crate) fn finish(&self, endings: Vec<Ending>) -> Result<Vec<Result<()>>> {
        let count = endings.len();
        let mut results = self.store.finish(endings)?;
        let unanswered = "store gave no result for an ended delivery";
        results.resize_with(count, || Err(Error::new(ErrorCode::Internal, unanswered)));
        Ok(results)
    }

    /// Ends one delivery.
    pub(crate) fn finish_one(&self, ending: Ending) -> Result<()> {
        self.finish(vec![ending])?.into_iter().collect()
    }
}

fn checked_delay(delay: Duration) -> Result<Millis> {
    let delay = millis(delay);
    validate_span("delay", delay)?;
    Ok(delay)
}

//! How deliveries end, and how leases are made longer.

use crate::backoff::BackoffPolicy;
use crate::clock::Millis;
use crate::error::Result;
use crate::job::JobState;
use crate::store::model::state::{End, Entry, State};
use crate::store::{Ending, Outcome};
use crate::token::{JobId, Token};

impl State {
    pub(super) fn finish(&mut self, ending: Ending) -> Result<()> {
        self.all_or_nothing(|state| {
            let id = ending.token.job;
            state.delivery(ending.token)?;
            match ending.outcome {
                Outcome::Complete { then, result } => {
                    state.complete(id);
                    state.keep_result(id, result);
                    state.push(then)?;
                }
                Outcome::Release { delay } => state.release(id, delay),
                Outcome::Retry { error, delay, random } => state.retry(id, error, delay, random),
                Outcome::Fail { error } => state.die(id, error),
            }
            Ok(())
        })
    }

    pub(super) fn extend(&mut self, token: Token, lease: Millis) -> Result<()> {
        let lease_until = self.now + lease;
        self.delivery(token)?.lease_until = Some(lease_until);
        Ok(())
    }

    /// Gives the job whose delivery is under way.
    fn delivery(&mut self, token: Token) -> Result<&mut Entry> {
        if token.queue != self.tag {
            return Err(token.foreign());
        }
        let is_current = |entry: &&mut Entry| {
            entry.state == JobState::Leased && entry.deliveries == token.delivery
        };
        self.jobs.get_mut(&token.job).filter(is_current).ok_or_else(|| token.stale())
    }

    /// Removes a job that is done and releases those blocked on it.
    pub(super) fn complete(&mut self, id: JobId) {
        self.sums.completed += 1;
        self.take_out(id);
        for child in self.blocked_on(id) {
            self.unblock(child);
        }
    }

    fn release(&mut self, id: JobId, delay: Millis) {
        if let Some(entry) = self.jobs.get_mut(&id) {
            entry.tries -= 1;
        }
        self.come_again(id, delay, End::Front);
    }

    fn retry(&mut self, id: JobId, error: String, delay: Option<Millis>, random: f64) {
        let Some(entry) = self.jobs.get_mut(&id) else {
            return;
        };
        if entry.is_spent() {
            self.die(id, error);
            return;
        }
        entry.error = Some(error);
        let earlier_failures = u32::try_from(entry.tries - 1).unwrap_or(u32::MAX);
        let backoff = entry.job.backoff.unwrap_or(BackoffPolicy::RETRY);
        let delay = delay.unwrap_or_else(|| backoff.delay(earlier_failures, random));
        self.sums.retried += 1;
        self.come_again(id, delay, End::Back);
    }

    fn come_again(&mut self, id: JobId, delay: Millis, end: End) {
        if delay > 0 {
            self.make_delayed(id, self.now + delay);
        } else {
            self.make_ready(id, end);
        }
    }
}

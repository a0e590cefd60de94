//! Ending deliveries, and extending them.

use crate::backoff::BackoffPolicy;
use crate::clock::Millis;
use crate::error::Error;
use crate::job::NewJob;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::job_row::{JobRow, delete_job};
use crate::store::sqlite::settle::Lease;
use crate::store::sqlite::step::{Step, Stop};
use crate::store::{Ending, Outcome};
use crate::token::Token;

/// How a try ended that did not complete its job.
enum Setback<'a> {
    Release { delay: Millis },
    Retry { error: &'a str, delay: Option<Millis>, random: f64 },
    Fail { error: &'a str },
}

impl Call<'_> {
    /// Ends deliveries, each by itself.
    pub(super) fn finish(&mut self, endings: &[Ending]) -> Step<Vec<Result<(), Error>>> {
        endings.iter().map(|ending| judge(self.finish_one(ending))).collect()
    }

    fn finish_one(&mut self, ending: &Ending) -> Step<()> {
        let lease = self.find_lease(&ending.token)?;
        if ending.outcome.is_plain() {
            return self.complete_plainly(&lease);
        }
        self.book()?;
        match &ending.outcome {
            Outcome::Complete { then, result } => {
                self.complete_then(&lease, then)?;
                result.iter().try_for_each(|result| self.keep_result(lease.job, result))
            }
            Outcome::Release { delay } => {
                self.set_back(&lease, &Setback::Release { delay: *delay })
            }
            Outcome::Retry { error, delay, random } => {
                self.set_back(&lease, &Setback::Retry { error, delay: *delay, random: *random })
            }
            Outcome::Fail { error } => self.set_back(&lease, &Setback::Fail { error }),
        }
    }

    /// Finds the lease that a token names. Leases that have lapsed were settled before.
    fn find_lease(&self, token: &Token) -> Step<Lease> {
        if token.queue != self.queue.tag {
            return Err(token.foreign().into());
        }
        let lease = self.lease(self.queue.row_of(token.job.0 as i64))?;
        lease
            .filter(|lease| lease.delivery as u64 == token.delivery)
            .ok_or_else(|| Stop::Refused(token.stale()))
    }

    /// Completes a delivery without follow-ups. Mostly there is nothing to it but counting: its rows
    /// are deleted together with others.
    fn complete_plainly(&mut self, lease: &Lease) -> Step<()> {
        let is_watched =
            lease.is_keyed || self.queue.counts.blocked > 0 || self.is_awaited(lease.job)?;
        let lane = if is_watched { None } else { self.take(lease.lane)? };
        let Some(mut lane) = lane else {
            self.book()?;
            return self.complete_lease(lease);
        };
        self.note_completion(lease);
        self.count_completion(&mut lane);
        self.put_moved(lane)
    }

    fn complete_lease(&mut self, lease: &Lease) -> Step<()> {
        let Some(lane) = self.end_lease(lease)? else { return Ok(()) };
        self.put(lane)?;
        let keyed = if lease.is_keyed { JobRow::load(self.sql, lease.job)?.ok() } else { None };
        self.complete(lease.job, lease.is_large, keyed.as_ref())
    }

    /// Removes a job that is done; its row is needed only if it holds a key.
    pub(super) fn complete(&mut self, id: i64, is_large: bool, job: Option<&JobRow>) -> Step<()> {
        self.touch();
        self.queue.completed += 1;
        if let Some(job) = job {
            self.end_key(job)?;
        }
        delete_job(self.sql, id, is_large)?;
        self.note_end(id)?;
        self.unblock(id)
    }

    /// Completes a job and pushes what follows, both or neither.
    fn complete_then(&mut self, lease: &Lease, then: &[NewJob]) -> Step<()> {
        if then.is_empty() {
            return self.complete_lease(lease);
        }
        // What is refused is found only after the completion, which may free a key.
        let before = self.mark()?;
        self.sql.execute_batch("SAVEPOINT fairlane_ending")?;
        let done = self.complete_lease(lease).and_then(|()| self.push(then));
        if let Err(Stop::Refused(_)) = &done {
            self.sql.execute_batch("ROLLBACK TO fairlane_ending")?;
            self.go_back(before);
        }
        self.sql.execute_batch("RELEASE fairlane_ending")?;
        done.map(|_| ())
    }

    fn set_back(&mut self, lease: &Lease, setback: &Setback<'_>) -> Step<()> {
        let Some(lane) = self.end_lease(lease)? else { return Ok(()) };
        let mut job = match JobRow::load(self.sql, lease.job)? {
            Ok(job) => job,
            Err(damage) => return self.quarantine(lease.job, Some(lane), &damage),
        };
        job.deliveries = lease.delivery;
        match setback {
            Setback::Release { delay: 0 } => self.put_front(job, lane),
            Setback::Release { delay } => self.put_delayed(job, lane, self.now + delay),
            Setback::Fail { error } => {
                job.tries += 1;
                job.error = Some((*error).to_owned());
                self.put(lane)?;
                self.bury(job)
            }
            Setback::Retry { error, delay, random } => {
                job.tries += 1;
                job.error = Some((*error).to_owned());
                if job.max_tries >= 0 && job.tries >= job.max_tries {
                    self.put(lane)?;
                    return self.bury(job);
                }
                self.queue.retried += 1;
                let failures = u32::try_from(job.tries - 1).unwrap_or(u32::MAX);
                let backoff = job.backoff.unwrap_or(BackoffPolicy::RETRY);
                match delay.unwrap_or_else(|| backoff.delay(failures, *random)) {
                    0 => self.put_back(job, lane),
                    delay => self.put_delayed(job, lane, self.now + delay),
                }
            }
        }
    }

    /// Makes leases last `lease` from now, each by itself.
    pub(super) fn extend(
        &mut self,
        tokens: &[Token],
        lease: Millis,
    ) -> Step<Vec<Result<(), Error>>> {
        let until = self.now + lease;
        tokens
            .iter()
            .map(|token| match self.find_lease(token) {
                Ok(found) => {
                    self.touch();
                    self.queue.lease_due = self.queue.lease_due.min(until);
                    self.sql
                        .prepare_cached(
                            "UPDATE fairlane_place SET lease_until = ?3
                             WHERE lane = ?1 AND rank = -1 AND position = ?2",
                        )?
                        .execute([found.lane, found.job, until])?;
                    Ok(Ok(()))
                }
                Err(Stop::Refused(error)) => Ok(Err(error)),
                Err(broken) => Err(broken),
            })
            .collect()
    }
}

/// Tells a refusal, which is the answer to one ending, from trouble with the file.
fn judge<T>(done: Step<T>) -> Step<Result<T, Error>> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(Stop::Refused(error)) => Ok(Err(error)),
        Err(broken) => Err(broken),
    }
}

use std::sync::Arc;
use std::time::{Duration, Instant};

use fairlane::waits::Pop;
use fairlane::{JobId, MAX_BATCH, Result, Token, convert, given};

use crate::noun::{job, job_result, new_job};
use crate::outbox::{answer, refusal};
use crate::packet::{Packet, Reader};
use crate::queue::{Call, Desk, start};
use crate::time;

/// A pop, and for how long it may wait.
struct Popping {
    pop: Pop<f64>,
    wait: Duration,
}

impl Desk {
    /// Delivers to neighbouring calls in one step; those that get nothing and want to wait do so
    /// elsewhere.
    pub(super) fn pop(&mut self, run: &[Call<'_>]) -> Result<()> {
        let read = |call: &Call<'_>| self.accepted(call.id, read_pop(call));
        let mut pops: &[Popping] = &run.iter().filter_map(read).collect::<Vec<_>>();
        while let Some(first) = pops.first() {
            // A count that is out of range goes alone, to be refused alone.
            let (mut wanted, lease) = (0_usize, first.pop.lease);
            let alike = |popping: &&Popping| {
                wanted = wanted.saturating_add(popping.pop.count.max(1));
                popping.pop.lease == lease && popping.pop.count > 0 && wanted <= MAX_BATCH
            };
            let joined = pops.iter().take_while(alike).count().max(1);
            let (together, rest) = pops.split_at(joined);
            self.pop_together(together);
            pops = rest;
        }
        Ok(())
    }

    fn pop_together(&mut self, pops: &[Popping]) {
        let count = pops.iter().map(|popping| popping.pop.count).sum();
        let lease = pops.first().map_or(Duration::ZERO, |popping| popping.pop.lease);
        let jobs = self.queue().and_then(|queue| queue.pop_many(count, Duration::ZERO, lease));
        let jobs = match jobs {
            Ok(jobs) => jobs,
            Err(error) => {
                return self.refuse(pops.iter().map(|popping| popping.pop.caller), &error);
            }
        };
        let mut left = jobs.as_slice();
        let mut waiting = Vec::new();
        self.outbox.post(|packet| {
            for Popping { pop, wait } in pops {
                if left.is_empty() && !wait.is_zero() {
                    waiting.push(Pop { until: Instant::now().checked_add(*wait), ..*pop });
                    continue;
                }
                let (own, rest) = left.split_at(pop.count.min(left.len()));
                left = rest;
                answer(packet, pop.caller, Ok(()), |packet| job::write_many(packet, own.iter()));
            }
        });
        for pop in waiting {
            self.let_wait(pop);
        }
    }

    fn let_wait(&mut self, pop: Pop<f64>) {
        if let Err(error) = self.start_waiter() {
            return self.refuse(std::iter::once(pop.caller), &error);
        }
        self.waits.enter(pop);
    }

    fn start_waiter(&mut self) -> Result<()> {
        if self.waiter.is_none() {
            let (queue, waits) = (self.queue()?.clone(), Arc::clone(&self.waits));
            let serve = move || waits.serve(&queue);
            self.waiter = Some(start("fairlane-waiter", "jobs", serve)?);
        }
        Ok(())
    }

    /// Ends the deliveries of neighbouring calls in one step, each by itself.
    pub(super) fn mark_complete(&self, run: &[Call<'_>]) -> Result<()> {
        let queue = self.queue()?;
        let read = |call: &Call<'_>| {
            let token = self.accepted(call.id, read_token(&mut call.arguments.clone()));
            token.map(|token| (call.id, token))
        };
        let (calls, tokens): (Vec<f64>, Vec<Token>) = run.iter().filter_map(read).unzip();
        match queue.mark_complete_many(&tokens) {
            Ok(results) => self.outbox.post(|packet| {
                for (call, result) in calls.iter().zip(results) {
                    answer(packet, *call, result, |_| {});
                }
            }),
            Err(error) => self.refuse(calls.into_iter(), &error),
        }
        Ok(())
    }

    pub(super) fn mark_complete_with(&self, arguments: &mut Reader<'_>) -> Result<()> {
        let (token, then) = (read_token(arguments)?, new_job::read_many(arguments)?);
        self.queue()?.mark_complete_with(&token, then, job_result::read(arguments)?)
    }

    pub(super) fn mark_complete_many(
        &self,
        arguments: &mut Reader<'_>,
        result: &mut Packet,
    ) -> Result<()> {
        let tokens = arguments.many(read_token)?;
        write_verdicts(result, &self.queue()?.mark_complete_many(&tokens)?);
        Ok(())
    }

    pub(super) fn mark_complete_many_with(
        &self,
        arguments: &mut Reader<'_>,
        result: &mut Packet,
    ) -> Result<()> {
        let tokens = arguments.many(read_token)?;
        let results = arguments.many(job_result::read_value)?;
        let completions = given::completions(tokens, results, job_result::read_ttl(arguments)?)?;
        write_verdicts(result, &self.queue()?.mark_complete_many_with(completions)?);
        Ok(())
    }

    pub(super) fn release(&self, arguments: &mut Reader<'_>) -> Result<()> {
        let token = read_token(arguments)?;
        let delay = time::duration("delay", arguments.number()?)?;
        self.queue()?.release(&token, delay)
    }

    pub(super) fn retry(&self, arguments: &mut Reader<'_>) -> Result<()> {
        let (token, error) = (read_token(arguments)?, arguments.text()?);
        let delay = arguments.maybe_number()?;
        let delay = delay.map(|delay| time::duration("delay", delay)).transpose()?;
        self.queue()?.retry(&token, error, delay)
    }

    pub(super) fn fail(&self, arguments: &mut Reader<'_>) -> Result<()> {
        let (token, error) = (read_token(arguments)?, arguments.text()?);
        self.queue()?.fail(&token, error)
    }

    pub(super) fn extend(&self, arguments: &mut Reader<'_>) -> Result<()> {
        let token = read_token(arguments)?;
        let lease = time::duration("lease", arguments.number()?)?;
        self.queue()?.extend(&token, lease)
    }

    pub(super) fn extend_many(
        &self,
        arguments: &mut Reader<'_>,
        result: &mut Packet,
    ) -> Result<()> {
        let tokens = arguments.many(read_token)?;
        let lease = time::duration("lease", arguments.number()?)?;
        write_verdicts(result, &self.queue()?.extend_many(&tokens, lease)?);
        Ok(())
    }
}

fn read_pop(call: &Call<'_>) -> Result<Popping> {
    let mut arguments = call.arguments.clone();
    let count = convert::count("count", arguments.integer()?)?;
    let wait = time::duration("wait", arguments.number()?)?;
    let lease = time::duration("lease", arguments.number()?)?;
    Ok(Popping { pop: Pop { caller: call.id, count, lease, until: None }, wait })
}

/// Reads a token: its text, or the numbers of the job that was popped.
fn read_token(arguments: &mut Reader<'_>) -> Result<Token> {
    match arguments.maybe_number()? {
        None => arguments.text()?.parse(),
        Some(job) => Ok(Token {
            job: JobId(job as u64),
            delivery: arguments.number()? as u64,
            queue: arguments.number()? as u32,
        }),
    }
}

fn write_verdicts(result: &mut Packet, verdicts: &[Result<()>]) {
    result.number(verdicts.len() as f64);
    for verdict in verdicts {
        match verdict {
            Ok(()) => result.integer(0),
            Err(error) => refusal(result, error),
        }
    }
}

use std::time::Duration;

use fairlane::clock::{Millis, millis};
use fairlane::given::completions;
use fairlane::store::Ask;
use fairlane::store::redis::protocol::Manner;
use fairlane::{DEFAULT_RESULT_TTL, JobId, JobResult, Result, Token};
use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::errors::{Outcome, raise};
use crate::given::Given;
use crate::job::jobs;
use crate::new_job::new_job;
use crate::queue::{Queue, nothing};
use crate::row::{moment, number, row};
use crate::verb::Verb;

#[wasm_bindgen]
impl Queue {
    /// Delivers up to `count` jobs; does not wait.
    pub fn pop(&self, count: JsValue, lease: JsValue) -> Outcome<Verb> {
        let (count, lease) = (Given::new("count", count).count()?, self.lease(lease)?);
        self.verb(move |queue| queue.pop_many(count, Duration::ZERO, lease), jobs)
    }

    /// Delivers as `pop` does, whose arguments have been accepted, to a worker that goes to sleep if
    /// nothing comes. Gives the jobs, and in how many milliseconds to look again, or null.
    #[wasm_bindgen(js_name = popWaiting)]
    pub fn pop_waiting(
        &self,
        count: JsValue,
        lease: JsValue,
        rung: bool,
        watches: bool,
    ) -> Outcome<Verb> {
        let (count, lease) = (Given::new("count", count).count()?, self.lease(lease)?);
        let ask = Ask { count, lease: millis(lease) };
        let manner = Manner { sleeps: true, rung, watches };
        let clock = std::sync::Arc::clone(&self.options.clock);
        self.verb_on(Box::new(move |queue, source| {
            let batch = queue.pop_with_ticks(ask, |ask| source.pop(ask, manner))?;
            let due = batch.next_due.filter(|_| clock.runs());
            let left = due.map(|due| (due - clock.now()).max(1));
            Ok(row([jobs(batch.jobs), moment(left)]).into())
        }))
    }

    /// Ends a delivery and pushes what follows from it.
    #[wasm_bindgen(js_name = markComplete)]
    pub fn mark_complete(
        &self,
        token: JsValue,
        then: JsValue,
        result: JsValue,
        ttl: JsValue,
    ) -> Outcome<Verb> {
        let token = Given::new("token", token).token()?;
        let then =
            Given::new("then", then).parts()?.iter().map(new_job).collect::<Outcome<Vec<_>>>()?;
        let (value, ttl) = (Given::new("result", result).maybe_bytes()?, result_ttl(ttl)?);
        let result = value.map(|value| JobResult { value, ttl });
        let act = move |queue: &fairlane::Queue| {
            queue.mark_complete_with(&token, then.clone(), result.clone())
        };
        self.verb(act, nothing)
    }

    /// Ends many deliveries, of a packet; gives their number if all went well, else for each null or
    /// the error.
    #[wasm_bindgen(js_name = markCompleteMany)]
    pub fn mark_complete_many(
        &self,
        tokens: &[f64],
        others: &Array,
        results: JsValue,
        ttl: JsValue,
    ) -> Outcome<Verb> {
        let (tokens, ttl) = (tokens_of(tokens, others)?, result_ttl(ttl)?);
        let Some(results) = Given::new("results", results).optional() else {
            return self.verb(move |queue| queue.mark_complete_many(&tokens), fares);
        };
        let results = results.parts()?.into_iter().map(Given::maybe_bytes);
        let completions = completions(tokens, results.collect::<Outcome<_>>()?, ttl);
        let completions = completions.map_err(|error| raise(&error))?;
        self.verb(move |queue| queue.mark_complete_many_with(completions.clone()), fares)
    }

    /// Gives a job back untried.
    pub fn release(&self, token: JsValue, delay: JsValue) -> Outcome<Verb> {
        let token = Given::new("token", token).token()?;
        let delay = Given::new("delay", delay).optional().map(|it| it.duration()).transpose()?;
        self.verb(move |queue| queue.release(&token, delay.unwrap_or_default()), nothing)
    }

    /// Ends a failed try.
    pub fn retry(&self, token: JsValue, error: JsValue, delay: JsValue) -> Outcome<Verb> {
        let (token, error) = (Given::new("token", token).token()?, reason(error)?);
        let delay = Given::new("delay", delay).optional().map(|it| it.duration()).transpose()?;
        self.verb(move |queue| queue.retry(&token, &error, delay), nothing)
    }

    /// Ends a try that failed for good.
    pub fn fail(&self, token: JsValue, error: JsValue) -> Outcome<Verb> {
        let (token, error) = (Given::new("token", token).token()?, reason(error)?);
        self.verb(move |queue| queue.fail(&token, &error), nothing)
    }

    /// Makes a lease last from now.
    pub fn extend(&self, token: JsValue, lease: JsValue) -> Outcome<Verb> {
        let (token, lease) = (Given::new("token", token).token()?, self.lease(lease)?);
        self.verb(move |queue| queue.extend(&token, lease), nothing)
    }

    /// Makes many leases last from now, as `mark_complete_many` ends deliveries.
    #[wasm_bindgen(js_name = extendMany)]
    pub fn extend_many(&self, tokens: &[f64], others: &Array, lease: JsValue) -> Outcome<Verb> {
        let (tokens, lease) = (tokens_of(tokens, others)?, self.lease(lease)?);
        self.verb(move |queue| queue.extend_many(&tokens, lease), fares)
    }
}

impl Queue {
    fn lease(&self, lease: JsValue) -> Outcome<Duration> {
        match Given::new("lease", lease).optional() {
            Some(lease) => lease.duration(),
            None => Ok(fairlane::clock::duration(fairlane::DEFAULT_LEASE)),
        }
    }
}

/// Reads the packet of deliveries: of each the three numbers of its token; or a number that is none,
/// and it is the next of the others.
fn tokens_of(numbers: &[f64], others: &Array) -> Outcome<Vec<Token>> {
    let mut others = others.iter();
    let token = |&[job, delivery, queue]: &[f64; 3]| {
        if job.is_nan() {
            return Given::new("tokens", others.next().unwrap_or_default()).token();
        }
        Ok(Token { job: JobId(job as u64), delivery: delivery as u64, queue: queue as u32 })
    };
    numbers.as_chunks().0.iter().map(token).collect()
}

fn result_ttl(ttl: JsValue) -> Outcome<Millis> {
    Given::new("result_ttl", ttl).optional().map_or(Ok(DEFAULT_RESULT_TTL), |ttl| ttl.span())
}

fn reason(error: JsValue) -> Outcome<String> {
    Given::new("error", error).optional().map_or(Ok(String::new()), |error| error.text())
}

fn fares(fares: Vec<Result<()>>) -> JsValue {
    if fares.iter().all(Result::is_ok) {
        return number(fares.len() as i64);
    }
    let fare = |fare: Result<()>| fare.map_or_else(|error| raise(&error), |()| JsValue::NULL);
    fares.into_iter().map(fare).collect::<Array>().into()
}

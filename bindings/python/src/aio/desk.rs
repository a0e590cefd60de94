//! Makes the calls of one queue, neighbours of one verb together.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use fairlane::waits::{Pop, ResultTold, ResultWaits, Told, Waits};
use fairlane::{Error, ErrorCode, JobId, MAX_BATCH, NewJob, Queue, Token};
use pyo3::prelude::*;

use crate::aio::call::{Call, Reply};
use crate::aio::gate;
use crate::aio::outbox::{Item, Outbox, post_all};
use crate::aio::pop::{Caller, Popping, Rest};
use crate::aio::result::Awaiter;
use crate::door;

/// Where the calls of a queue are made; belongs to the thread of the queue.
pub struct Desk {
    queue: Queue,
    waits: Arc<Waits<Caller>>,
    waiter: Option<JoinHandle<()>>,
    result_waits: Arc<ResultWaits<Awaiter>>,
    listener: Option<JoinHandle<()>>,
}

/// A pop that was not made yet.
struct Asked {
    pop: Arc<Popping>,
    count: usize,
    wait: Duration,
    lease: Duration,
}

/// Calls of one verb that stand next to each other.
enum Run {
    Pushes(Vec<(NewJob, Reply)>),
    Pops(Vec<Asked>),
    Completions(Vec<(Token, Reply)>),
    Other(Call),
}

impl Desk {
    pub fn new(queue: Queue) -> Self {
        let giver = queue.clone();
        let waits = Arc::new(Waits::new(move |told| answer_all(&giver, told)));
        let result_waits = Arc::new(ResultWaits::new(answer_result));
        Self { queue, waits, waiter: None, result_waits, listener: None }
    }

    /// Makes calls in their order; tells whether more may come.
    pub fn make(&mut self, calls: impl Iterator<Item = Call>) -> bool {
        let mut goes_on = true;
        for run in runs(calls) {
            match run {
                Run::Pushes(pushes) => self.push(pushes),
                Run::Pops(pops) => self.pop(pops),
                Run::Completions(completions) => self.mark_complete(completions),
                Run::Other(call) => goes_on &= self.make_one(call),
            }
        }
        goes_on
    }

    /// Ends the waits whose time is over; tells when the next one's is.
    pub fn expire(&self) -> Option<Instant> {
        let next = [self.waits.expire(), self.result_waits.expire(&self.queue)];
        next.into_iter().flatten().min()
    }

    fn make_one(&mut self, call: Call) -> bool {
        match call {
            Call::Method { method, arguments, options, reply } => {
                let made = gate::enter(|py| {
                    let options = options.as_ref().map(|options| options.bind(py));
                    method.bind(py).call(arguments.bind(py), options).map(Bound::unbind)
                });
                // None at the end of the interpreter: nobody waits.
                if let Some(made) = made {
                    post_all(vec![reply.with(move |_| made)]);
                }
            }
            Call::Result { awaiting, id, wait } => self.result(Awaiter(awaiting), id, wait),
            Call::Abort(pop) => self.waits.abort(&Caller(pop)),
            Call::AbortResult(awaiting) => self.result_waits.abort(&Awaiter(awaiting)),
            Call::GiveBack(tokens) => give_back(&self.queue, &tokens),
            Call::End => return false,
            Call::Push { .. } | Call::Pop { .. } | Call::MarkComplete { .. } => {}
        }
        true
    }

    /// Pushes the jobs of neighbouring calls in one step. If they are refused together, each is
    /// pushed alone: a refusal has changed nothing, and concerns one of them only.
    fn push(&self, pushes: Vec<(NewJob, Reply)>) {
        let (jobs, replies): (Vec<_>, Vec<_>) = pushes.into_iter().unzip();
        let is_alone = jobs.len() == 1;
        let alone = (!is_alone).then(|| jobs.clone());
        let told = match door::caught(|| self.queue.push_many(jobs)) {
            Ok(pushed) => pushed.into_iter().map(|pushed| Ok(pushed.id)).collect(),
            Err(error) if concerns_one(&error) => match alone {
                Some(jobs) => jobs.into_iter().map(|job| self.push_alone(job)).collect(),
                None => vec![Err(error)],
            },
            // Nobody knows what a store did that failed: a push made again might make a second job.
            Err(error) => vec![Err(error); replies.len()],
        };
        let answers = replies.into_iter().zip(told).map(|(reply, told)| {
            reply.with(move |py| match told {
                Ok(id) => Ok(id.to_string().into_pyobject(py)?.into_any().unbind()),
                Err(error) => Err(door::exception(py, &error)),
            })
        });
        post_all(answers.collect());
    }

    fn push_alone(&self, job: NewJob) -> fairlane::Result<JobId> {
        door::caught(|| self.queue.push(job))
    }

    /// Delivers to neighbouring calls in one step; those that get nothing and want to wait do so
    /// elsewhere.
    fn pop(&mut self, mut pops: Vec<Asked>) {
        pops.retain(|asked| !asked.pop.is_abandoned());
        while let Some(first) = pops.first() {
            // A count that is out of range goes alone, to be refused alone.
            let (mut wanted, lease) = (0_usize, first.lease);
            let alike = |asked: &&Asked| {
                wanted = wanted.saturating_add(asked.count.max(1));
                asked.lease == lease && asked.count > 0 && wanted <= MAX_BATCH
            };
            let joined = pops.iter().take_while(alike).count().max(1);
            let rest = pops.split_off(joined);
            self.pop_together(std::mem::replace(&mut pops, rest), lease);
        }
    }

    fn pop_together(&mut self, pops: Vec<Asked>, lease: Duration) {
        let count = pops.iter().map(|asked| asked.count).sum();
        let mut left = match door::caught(|| self.queue.pop_many(count, Duration::ZERO, lease)) {
            Ok(jobs) => jobs,
            Err(error) => return self.refuse_pops(pops, &error),
        };
        let mut told = Vec::new();
        for asked in pops {
            if left.is_empty() && !asked.wait.is_zero() {
                self.let_wait(asked, &mut told);
                continue;
            }
            let rest = left.split_off(asked.count.min(left.len()));
            told.push((Caller(asked.pop), Told::Jobs(std::mem::replace(&mut left, rest))));
        }
        answer_all(&self.queue, told);
    }

    fn refuse_pops(&self, pops: Vec<Asked>, error: &Error) {
        let refused = |asked: Asked| (Caller(asked.pop), Told::Refused(error.clone()));
        answer_all(&self.queue, pops.into_iter().map(refused).collect());
    }

    fn let_wait(&mut self, asked: Asked, told: &mut Vec<(Caller, Told)>) {
        let until = Instant::now().checked_add(asked.wait);
        let caller = Caller(asked.pop);
        match self.start_waiter() {
            Ok(()) => {
                self.waits.enter(Pop { caller, count: asked.count, lease: asked.lease, until });
            }
            Err(error) => told.push((caller, Told::Refused(error))),
        }
    }

    fn start_waiter(&mut self) -> fairlane::Result<()> {
        if self.waiter.is_none() {
            let (queue, waits) = (self.queue.clone(), Arc::clone(&self.waits));
            self.waiter = Some(start("fairlane-waiter", move || waits.serve(&queue))?);
        }
        Ok(())
    }

    /// Gives the result of a job; if that has not ended and the caller wants to wait, it does so
    /// elsewhere.
    fn result(&mut self, awaiter: Awaiter, id: JobId, wait: Duration) {
        // Looked at here first: a closed queue refuses it, and no thread is begun for that.
        let told = match door::caught(|| self.queue.result(id, Duration::ZERO)) {
            Err(error) if error.code() == ErrorCode::Timeout && !wait.is_zero() => {
                self.start_listener().map(|()| None)
            }
            told => told.map(Some),
        };
        match told {
            Ok(None) => self.result_waits.enter(&self.queue, awaiter, id, wait),
            Ok(Some(value)) => answer_result(awaiter, ResultTold::Result(Ok(value))),
            Err(error) => answer_result(awaiter, ResultTold::Result(Err(error))),
        }
    }

    fn start_listener(&mut self) -> fairlane::Result<()> {
        if self.listener.is_none() {
            let (queue, waits) = (self.queue.clone(), Arc::clone(&self.result_waits));
            self.listener = Some(start("fairlane-listener", move || waits.serve(&queue))?);
        }
        Ok(())
    }

    /// Ends the deliveries of neighbouring calls in one step, each by itself.
    fn mark_complete(&self, completions: Vec<(Token, Reply)>) {
        let (tokens, replies): (Vec<_>, Vec<_>) = completions.into_iter().unzip();
        let told = match door::caught(|| self.queue.mark_complete_many(&tokens)) {
            Ok(told) => told,
            Err(error) => vec![Err(error); replies.len()],
        };
        let answers = replies.into_iter().zip(told).map(|(reply, told)| {
            reply.with(move |py| match told {
                Ok(()) => Ok(py.None()),
                Err(error) => Err(door::exception(py, &error)),
            })
        });
        post_all(answers.collect());
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.waits.end();
        self.result_waits.end();
        for thread in self.waiter.take().into_iter().chain(self.listener.take()) {
            // It keeps its panics to itself.
            drop(thread.join());
        }
    }
}

fn runs(calls: impl Iterator<Item = Call>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for call in calls {
        match (runs.last_mut(), call) {
            (Some(Run::Pushes(run)), Call::Push { job, reply }) if run.len() < MAX_BATCH => {
                run.push((*job, reply));
            }
            (Some(Run::Pops(run)), Call::Pop { pop, count, wait, lease }) => {
                run.push(Asked { pop, count, wait, lease });
            }
            (Some(Run::Completions(run)), Call::MarkComplete { token, reply })
                if run.len() < MAX_BATCH =>
            {
                run.push((token, reply));
            }
            (_, Call::Push { job, reply }) => runs.push(Run::Pushes(vec![(*job, reply)])),
            (_, Call::Pop { pop, count, wait, lease }) => {
                runs.push(Run::Pops(vec![Asked { pop, count, wait, lease }]));
            }
            (_, Call::MarkComplete { token, reply }) => {
                runs.push(Run::Completions(vec![(token, reply)]));
            }
            (_, other) => runs.push(Run::Other(other)),
        }
    }
    runs
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) -> fairlane::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.into()).spawn(work).map_err(|error| {
        let message = format!("thread that waits for jobs cannot be started: {error}");
        Error::new(ErrorCode::Unavailable, message)
    })
}

fn answer_result(Awaiter(awaiting): Awaiter, told: ResultTold) {
    if let Some(posted) = awaiting.answer(told) {
        post_all(vec![posted]);
    }
}

/// Tells pops how they have ended, and gives back what comes too late.
fn answer_all(queue: &Queue, told: Vec<(Caller, Told)>) {
    let mut posted: Vec<(Arc<Outbox>, Item)> = Vec::new();
    for (Caller(pop), told) in told {
        match pop.answer(told) {
            Rest::Post(outbox, item) => posted.push((outbox, item)),
            Rest::GiveBack(tokens) => give_back(queue, &tokens),
        }
    }
    post_all(posted);
}

fn give_back(queue: &Queue, tokens: &[Token]) {
    for token in tokens {
        // A store that is away, or a job popped with lease 0, which is gone: nobody waits for either.
        if let Err(error) = door::caught(|| queue.release(token, Duration::ZERO)) {
            log::warn!("job {} of a cancelled pop is not given back: {error}", token.job);
        }
    }
}

/// Tells whether an error is about one of the jobs, and nothing was changed.
fn concerns_one(error: &Error) -> bool {
    use fairlane::ErrorCode::{InvalidArgument, PayloadTooLarge, QueueFull};
    matches!(error.code(), InvalidArgument | PayloadTooLarge | QueueFull)
}

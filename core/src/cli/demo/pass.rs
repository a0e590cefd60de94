//! One pass of the demo: the tenants push, workers work it off, and every start is noted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::cli::demo::measure::Start;
use crate::cli::demo::tenants::{LIMIT, Tenant, arrivals};
use crate::error::{Error, ErrorCode, Result};
use crate::interrupts::Interrupts;
use crate::job::NewJob;
use crate::limits::Rate;
use crate::queue::Queue;

/// What stands for a job's work: a call to a provider, say.
const WORK: Duration = Duration::from_millis(2);
/// How many worker threads there are.
pub(super) const WORKERS: usize = 4;
/// The most jobs of one push.
const BATCH: usize = 1_000;
/// How often a wait is left to see whether it is over.
const LOOK_UP: Duration = Duration::from_millis(50);
const LEASE: Duration = Duration::from_secs(30);

/// Where the jobs go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lanes {
    /// All into one lane, first come, first served: what a plain queue does.
    One,
    /// Each tenant's into its own, with its limit.
    OneATenant,
}

/// A pass under way.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    queue: &'a Queue,
    lanes: Lanes,
    tenants: &'a [Tenant],
    interrupts: &'a Interrupts,
    pushed: Vec<AtomicUsize>,
    starts: Mutex<Vec<Start>>,
    failure: Mutex<Option<Error>>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        queue: &'a Queue,
        lanes: Lanes,
        tenants: &'a [Tenant],
        interrupts: &'a Interrupts,
    ) -> Self {
        Self {
            queue,
            lanes,
            tenants,
            interrupts,
            pushed: tenants.iter().map(|_| AtomicUsize::new(0)).collect(),
            starts: Mutex::default(),
            failure: Mutex::default(),
        }
    }

    /// Runs the pass and calls `look` every now and then and at its end; gives the starts, fewer if interrupted.
    pub(super) fn run(self, every: Duration, mut look: impl FnMut(&Self)) -> Result<Vec<Start>> {
        let caller = thread::current();
        let running = AtomicUsize::new(1 + WORKERS);
        let part = |part: fn(&Self) -> Result<()>| {
            self.guard(part);
            running.fetch_sub(1, Ordering::SeqCst);
            caller.unpark();
        };
        thread::scope(|scope| {
            scope.spawn(|| part(Self::produce));
            for _ in 0..WORKERS {
                scope.spawn(|| part(Self::work));
            }
            while running.load(Ordering::SeqCst) > 0 {
                look(&self);
                thread::park_timeout(every);
            }
        });
        look(&self);
        match self.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(self.starts.into_inner().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Gives how many jobs of a tenant were pushed.
    pub(super) fn pushed(&self, tenant: usize) -> usize {
        self.pushed.get(tenant).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// Lets the caller look at the starts so far.
    pub(super) fn with_starts<T>(&self, look: impl FnOnce(&[Start]) -> T) -> T {
        look(&self.starts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn guard(&self, part: impl FnOnce(&Self) -> Result<()>) {
        if let Err(error) = part(self) {
            let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            failure.get_or_insert(error);
        }
    }

    fn is_over(&self) -> bool {
        let total: usize = self.tenants.iter().map(|tenant| tenant.jobs).sum();
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        self.interrupts.count() > 0
            || failure.is_some()
            || self.with_starts(|starts| starts.len() >= total)
    }

    fn produce(&self) -> Result<()> {
        let begin = Instant::now();
        for (moment, place, count) in arrivals(self.tenants) {
            while let Some(left) =
                moment.checked_sub(begin.elapsed()).filter(|left| !left.is_zero())
            {
                if self.is_over() {
                    return Ok(());
                }
                thread::sleep(left.min(LOOK_UP));
            }
            let mut left = count;
            while left > 0 {
                let jobs: Vec<_> = (0..left.min(BATCH)).map(|_| self.job(place)).collect();
                left -= jobs.len();
                let pushed = self.queue.push_many(jobs)?.len();
                if let Some(count) = self.pushed.get(place) {
                    count.fetch_add(pushed, Ordering::Relaxed);
                }
            }
        }
        Ok(())
    }

    /// Makes a job of a tenant. The payload says whose it is: in the plain pass its lane does not.
    fn job(&self, place: usize) -> NewJob {
        let job = NewJob::new(place.to_string());
        match (self.lanes, self.tenants.get(place)) {
            (Lanes::OneATenant, Some(tenant)) if tenant.is_limited => {
                job.lane(tenant.name).rate(Rate::per_second(LIMIT))
            }
            (Lanes::OneATenant, Some(tenant)) => job.lane(tenant.name),
            _ => job.lane("everyone"),
        }
    }

    fn work(&self) -> Result<()> {
        while !self.is_over() {
            let Some(job) = self.queue.pop(LOOK_UP, LEASE)? else { continue };
            let tenant = std::str::from_utf8(&job.payload).ok().and_then(|text| text.parse().ok());
            let tenant = tenant.ok_or_else(|| {
                Error::new(ErrorCode::Internal, "a payload came back changed from the store")
            })?;
            let start = Start { tenant, pushed_at: job.pushed_at, started_at: job.started_at };
            thread::sleep(WORK);
            self.queue.mark_complete(&job.token)?;
            self.starts.lock().unwrap_or_else(PoisonError::into_inner).push(start);
        }
        Ok(())
    }
}

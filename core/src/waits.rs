//! Pops that wait, and the thread that waits for all of them: for hosts with an event loop. Waits for
//! results have their own: [`ResultWaits`].
//!
//! A queue has one such thread, begun with the first pop that has to wait. It enters the store as
//! one worker and asks for as many jobs as the foremost pops want together; what comes is dealt out
//! in the order in which they came. So a thousand pops cost one sleeping thread, and whoever makes
//! the queue's other calls goes on with them.
//!
//! A pop leaves the line in one of three ways: with jobs, at the end of its time, or aborted. The
//! thread cannot be woken for the latter two, and need not: before each look it counts anew how many
//! jobs are wanted, so that none is taken for a pop that has left. The pops that a look is made for
//! are claimed while it lasts; one of them that is to leave is told after the look, and goes only if
//! there was no job for it. So no job is ever lost to an abort.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use web_time::Instant;

use crate::attend::attend;
use crate::error::{Error, Result};
use crate::job::Job;
use crate::lock::lock;
use crate::queue::{MAX_BATCH, Queue};

pub use crate::queue::{ResultTold, ResultWaits};

/// How soon a thread that waits for nobody any more leaves the store. It looks again as often.
const LOOK_UP: Duration = Duration::from_secs(1);

/// How long a look may take until it is asked again after the pops that it is made for.
const CLAIMED: Duration = Duration::from_millis(1);

/// A pop; `C` names its caller.
#[derive(Debug, Clone, Copy)]
pub struct Pop<C> {
    /// Who is told.
    pub caller: C,
    /// The most jobs that it takes.
    pub count: usize,
    /// The lease of what it takes.
    pub lease: Duration,
    /// When it gives up.
    pub until: Option<Instant>,
}

/// How a pop that waited has ended.
#[derive(Debug)]
pub enum Told {
    /// With jobs; with none if its time was over.
    Jobs(Vec<Job>),
    /// With an error.
    Refused(Error),
    /// By [`Waits::abort`].
    Aborted,
}

/// Tells callers how their pops have ended; called without a lock of [`Waits`].
type Tell<C> = Box<dyn Fn(Vec<(C, Told)>) + Send + Sync>;

/// The pops of one queue that wait.
pub struct Waits<C> {
    line: Mutex<Line<C>>,
    changed: Condvar,
    tell: Tell<C>,
}

struct Line<C> {
    pops: VecDeque<Pop<C>>,
    /// How many at the front a look is being made for.
    claimed: usize,
    /// Those of them that are to leave by an abort.
    aborted: Vec<C>,
    is_ended: bool,
}

impl<C: Clone + PartialEq> Waits<C> {
    /// Makes an empty line; `tell` is called with those that leave it.
    pub fn new(tell: impl Fn(Vec<(C, Told)>) + Send + Sync + 'static) -> Self {
        let (pops, aborted) = (VecDeque::new(), Vec::new());
        let line = Line { pops, claimed: 0, aborted, is_ended: false };
        Self { line: Mutex::new(line), changed: Condvar::new(), tell: Box::new(tell) }
    }

    /// Lets a pop wait.
    pub fn enter(&self, pop: Pop<C>) {
        lock(&self.line).pops.push_back(pop);
        self.changed.notify_one();
    }

    /// Ends a pop, if it waits.
    pub fn abort(&self, caller: &C) {
        let mut line = lock(&self.line);
        match line.pops.iter().position(|pop| pop.caller == *caller) {
            Some(index) if index < line.claimed => line.aborted.push(caller.clone()),
            Some(index) => {
                line.pops.remove(index);
                drop(line);
                (self.tell)(vec![(caller.clone(), Told::Aborted)]);
            }
            None => {}
        }
    }

    /// Ends the pops whose time is over; tells when the next one's is.
    pub fn expire(&self) -> Option<Instant> {
        let mut line = lock(&self.line);
        let (claimed, now) = (line.claimed, Instant::now());
        let (mut index, mut told) = (0, Vec::new());
        line.pops.retain(|pop| {
            let stays = index < claimed || !is_over(pop, now);
            index += 1;
            if !stays {
                told.push((pop.caller.clone(), Told::Jobs(Vec::new())));
            }
            stays
        });
        let next = line.pops.iter().filter_map(|pop| pop.until).min();
        drop(line);
        self.tell_all(told);
        // One that is claimed may be over already: it is looked after when it is so no more.
        next.map(|next| next.max(now + CLAIMED))
    }

    /// Lets the thread end.
    pub fn end(&self) {
        lock(&self.line).is_ended = true;
        self.changed.notify_one();
    }

    /// Waits for all pops, until [`Waits::end`]. What the last of them are told is `Closed`.
    pub fn serve(&self, queue: &Queue) {
        attend(|| self.is_wanted(), || self.attend(queue), |error| self.refuse(error));
    }

    /// Sleeps until somebody waits; gives false at the end.
    fn is_wanted(&self) -> bool {
        let mut line = lock(&self.line);
        while line.pops.is_empty() && !line.is_ended {
            line = self.changed.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
        !line.is_ended
    }

    /// Stands in the store as a worker as long as somebody waits.
    fn attend(&self, queue: &Queue) -> Result<()> {
        let mut waiting = queue.waiting()?;
        let mut may_be_rung = false;
        while let Some((count, lease)) = self.claim() {
            may_be_rung = false;
            let jobs = waiting.pop(count, lease)?;
            let is_idle = jobs.is_empty();
            self.deal_out(jobs);
            if is_idle {
                waiting.wait(LOOK_UP)?;
                may_be_rung = true;
            }
        }
        drop(waiting);
        // The last pop left while this thread slept. If a ring woke it, that is another worker's.
        if may_be_rung && let Err(error) = queue.dethrottle() {
            log::warn!("idle workers may learn late of a job: {error}");
        }
        Ok(())
    }

    /// Claims the foremost pops of one lease; tells what they want together.
    fn claim(&self) -> Option<(usize, Duration)> {
        let mut line = lock(&self.line);
        let lease = line.pops.front()?.lease;
        let mut wanted = 0;
        let alike = |pop: &&Pop<C>| {
            wanted += pop.count;
            pop.lease == lease && wanted <= MAX_BATCH
        };
        line.claimed = line.pops.iter().take_while(alike).count();
        let count = line.pops.iter().take(line.claimed).map(|pop| pop.count).sum();
        Some((count, lease))
    }

    /// Gives jobs to the pops that were claimed; those that get none go on waiting, or leave.
    fn deal_out(&self, mut jobs: Vec<Job>) {
        let mut line = lock(&self.line);
        let (claimed, aborted) =
            (std::mem::take(&mut line.claimed), std::mem::take(&mut line.aborted));
        let now = Instant::now();
        let (mut staying, mut told) = (Vec::new(), Vec::new());
        for pop in line.pops.drain(..claimed) {
            let is_aborted = aborted.contains(&pop.caller);
            if !jobs.is_empty() || (is_over(&pop, now) && !is_aborted) {
                let rest = jobs.split_off(pop.count.min(jobs.len()));
                told.push((pop.caller, Told::Jobs(std::mem::replace(&mut jobs, rest))));
            } else if is_aborted {
                told.push((pop.caller, Told::Aborted));
            } else {
                staying.push(pop);
            }
        }
        for pop in staying.into_iter().rev() {
            line.pops.push_front(pop);
        }
        drop(line);
        self.tell_all(told);
    }

    fn refuse(&self, error: &Error) {
        let mut line = lock(&self.line);
        line.claimed = 0;
        line.aborted.clear();
        let pops = std::mem::take(&mut line.pops);
        drop(line);
        let refused = |pop: Pop<C>| (pop.caller, Told::Refused(error.clone()));
        self.tell_all(pops.into_iter().map(refused).collect());
    }

    fn tell_all(&self, told: Vec<(C, Told)>) {
        if !told.is_empty() {
            (self.tell)(told);
        }
    }
}

impl<C> fmt::Debug for Waits<C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Waits").finish_non_exhaustive()
    }
}

fn is_over<C>(pop: &Pop<C>, now: Instant) -> bool {
    pop.until.is_some_and(|until| until <= now)
}

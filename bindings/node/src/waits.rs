//! Pops that wait, and the thread that waits for all of them.
//!
//! A queue has one such thread, begun with the first pop that has to wait. It enters the store as
//! one worker and asks for as many jobs as the foremost pops want together; what comes is dealt out
//! in the order in which they came. So a thousand pops cost one sleeping thread, and the thread of
//! the queue ([`crate::line`]) goes on with other calls.
//!
//! A pop leaves the line in one of three ways: with jobs, at the end of its time, or by its signal.
//! The thread cannot be woken for the latter two, and need not: before each look it counts anew how
//! many jobs are wanted, so that none is taken for a pop that has left. The pops that a look is made
//! for are claimed while it lasts; one of them that is to leave is told after the look, and goes only
//! if there was no job for it. So no job is ever lost to a signal.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fairlane::{Error, Job, MAX_BATCH, Queue, Result};

use crate::door;
use crate::noun::job;
use crate::outbox::{Outbox, lock};

/// How soon a thread that waits for nobody any more leaves the store. It looks again as often.
const LOOK_UP: Duration = Duration::from_secs(1);

/// How long a look may take until it is asked again after the pops that it is made for.
const CLAIMED: Duration = Duration::from_millis(1);

/// A pop.
#[derive(Debug, Clone, Copy)]
pub struct Pop {
    /// Who is told.
    pub call: f64,
    /// The most jobs that it takes.
    pub count: usize,
    /// The lease of what it takes.
    pub lease: Duration,
    /// When it gives up.
    pub until: Option<Instant>,
}

/// The pops of one queue that wait.
pub struct Waits {
    line: Mutex<Line>,
    changed: Condvar,
    outbox: Arc<Outbox>,
}

#[derive(Default)]
struct Line {
    pops: VecDeque<Pop>,
    /// How many at the front a look is being made for.
    claimed: usize,
    /// Those of them that are to leave by their signal.
    aborted: Vec<f64>,
    is_ended: bool,
}

impl Waits {
    pub fn new(outbox: Arc<Outbox>) -> Self {
        Self { line: Mutex::default(), changed: Condvar::new(), outbox }
    }

    /// Lets a pop wait.
    pub fn enter(&self, pop: Pop) {
        lock(&self.line).pops.push_back(pop);
        self.changed.notify_one();
    }

    /// Ends a pop by its signal, if it waits.
    pub fn abort(&self, call: f64) {
        let mut line = lock(&self.line);
        match line.pops.iter().position(|pop| pop.call == call) {
            Some(index) if index < line.claimed => line.aborted.push(call),
            Some(index) => {
                line.pops.remove(index);
                self.outbox.abort(call);
            }
            None => {}
        }
    }

    /// Ends the pops whose time is over; tells when the next one's is.
    pub fn expire(&self) -> Option<Instant> {
        let mut line = lock(&self.line);
        let (claimed, now) = (line.claimed, Instant::now());
        let mut index = 0;
        line.pops.retain(|pop| {
            let stays = index < claimed || !is_over(pop, now);
            index += 1;
            if !stays {
                self.give(pop.call, &[]);
            }
            stays
        });
        // One that is claimed may be over already: it is looked after when it is so no more.
        let next = line.pops.iter().filter_map(|pop| pop.until).min()?;
        Some(next.max(now + CLAIMED))
    }

    /// Lets the thread end.
    pub fn end(&self) {
        lock(&self.line).is_ended = true;
        self.changed.notify_one();
    }

    /// Waits for all pops, until [`Waits::end`].
    pub fn serve(&self, queue: &Queue) {
        while self.is_wanted() {
            if let Err(error) = door::guarded(|| self.attend(queue)) {
                self.refuse(&error);
            }
        }
        // Those that came between the last look and the end.
        self.refuse(&Error::closed());
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
            self.deal_out(&jobs);
            if jobs.is_empty() {
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
        let alike = |pop: &&Pop| {
            wanted += pop.count;
            pop.lease == lease && wanted <= MAX_BATCH
        };
        line.claimed = line.pops.iter().take_while(alike).count();
        let count = line.pops.iter().take(line.claimed).map(|pop| pop.count).sum();
        Some((count, lease))
    }

    /// Gives jobs to the pops that were claimed; those that get none go on waiting, or leave.
    fn deal_out(&self, mut jobs: &[Job]) {
        let mut line = lock(&self.line);
        let (claimed, aborted) =
            (std::mem::take(&mut line.claimed), std::mem::take(&mut line.aborted));
        let now = Instant::now();
        let mut staying: Vec<Pop> = Vec::new();
        for pop in line.pops.drain(..claimed) {
            if !jobs.is_empty() || (is_over(&pop, now) && !aborted.contains(&pop.call)) {
                let (own, rest) = jobs.split_at(pop.count.min(jobs.len()));
                jobs = rest;
                self.give(pop.call, own);
            } else if aborted.contains(&pop.call) {
                self.outbox.abort(pop.call);
            } else {
                staying.push(pop);
            }
        }
        for pop in staying.into_iter().rev() {
            line.pops.push_front(pop);
        }
    }

    fn give(&self, call: f64, jobs: &[Job]) {
        self.outbox.reply(call, Ok(()), |packet| job::write_many(packet, jobs.iter()));
    }

    fn refuse(&self, error: &Error) {
        let mut line = lock(&self.line);
        line.claimed = 0;
        line.aborted.clear();
        for pop in line.pops.drain(..) {
            self.outbox.reply(pop.call, Err(error.clone()), |_| {});
        }
    }
}

fn is_over(pop: &Pop, now: Instant) -> bool {
    pop.until.is_some_and(|until| until <= now)
}

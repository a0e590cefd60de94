//! Waits for results, and the thread that sleeps for all of them: for hosts with an event loop.
//!
//! A queue has one such thread, begun with the first wait. It enters the store as one listener, which
//! the ends of all awaited jobs call; so a thousand waits cost one sleeping thread and, on a server,
//! one connection. Whoever makes the queue's other calls says in the store what is awaited from then
//! on, so that the thread need not be woken for that. Where no thread listens yet, it does so itself
//! when it begins.
//!
//! A wait is told once: whoever takes it out of the line, under its lock, tells it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use web_time::Instant;

use crate::attend::attend;
use crate::error::{Error, Result};
use crate::lock::lock;
use crate::queue::Queue;
use crate::store::{Ear, News};
use crate::token::JobId;

/// How soon a thread that waits for nothing any more leaves the store. It looks as often.
const LOOK_UP: Duration = Duration::from_secs(1);

/// How a wait for a result has ended.
#[derive(Debug)]
pub enum ResultTold {
    /// As [`Queue::result`] ends.
    Result(Result<Option<Vec<u8>>>),
    /// By [`ResultWaits::abort`].
    Aborted,
}

/// Tells a caller how its wait has ended; called without a lock of [`ResultWaits`].
type Tell<C> = Box<dyn Fn(C, ResultTold) + Send + Sync>;

/// The waits for results of one queue; `C` names a caller.
pub struct ResultWaits<C> {
    line: Mutex<Line<C>>,
    changed: Condvar,
    tell: Tell<C>,
}

struct Line<C> {
    waits: HashMap<JobId, Vec<Wait<C>>>,
    /// What the store knows the thread by, while it listens.
    ear: Option<Ear>,
    /// Jobs that somebody has ceased to wait for.
    given_up: Vec<JobId>,
    is_ended: bool,
}

struct Wait<C> {
    caller: C,
    wait: Duration,
    until: Option<Instant>,
}

impl<C: Clone + PartialEq> ResultWaits<C> {
    /// Makes an empty line; `tell` is called with those that leave it.
    pub fn new(tell: impl Fn(C, ResultTold) + Send + Sync + 'static) -> Self {
        let (waits, given_up) = (HashMap::new(), Vec::new());
        let line = Line { waits, ear: None, given_up, is_ended: false };
        Self { line: Mutex::new(line), changed: Condvar::new(), tell: Box::new(tell) }
    }

    /// Lets a caller wait up to `wait` for the result of a job, as [`Queue::result`] does. Blocks for
    /// one call of the store at most.
    pub fn enter(&self, queue: &Queue, caller: C, id: JobId, wait: Duration) {
        let until = Instant::now().checked_add(wait);
        let mut line = lock(&self.line);
        line.waits.entry(id).or_default().push(Wait { caller, wait, until });
        let ear = line.ear;
        drop(line);
        self.changed.notify_one();
        if let Some(ear) = ear {
            self.look(queue, id, ear);
        }
    }

    /// Ends a wait, if it lasts.
    pub fn abort(&self, caller: &C) {
        for (_, wait) in self.take(|_, wait| wait.caller == *caller) {
            (self.tell)(wait.caller, ResultTold::Aborted);
        }
    }

    /// Ends the waits whose time is over, after a last look; tells when the next one's is.
    pub fn expire(&self, queue: &Queue) -> Option<Instant> {
        let now = Instant::now();
        let is_over = |_: JobId, wait: &Wait<C>| wait.until.is_some_and(|until| until <= now);
        for (id, wait) in self.take(is_over) {
            let fate = queue.store.fate(id).map(|fate| fate.told(id));
            let result = fate.and_then(|told| told.unwrap_or(Err(id.unfinished(wait.wait))));
            (self.tell)(wait.caller, ResultTold::Result(result));
        }
        lock(&self.line).waits.values().flatten().filter_map(|wait| wait.until).min()
    }

    /// Lets the thread end.
    pub fn end(&self) {
        lock(&self.line).is_ended = true;
        self.changed.notify_one();
    }

    /// Listens for all waits, until [`ResultWaits::end`]. What the last of them are told is `Closed`.
    pub fn serve(&self, queue: &Queue) {
        let refuse = |error: &Error| {
            // Nobody listens any more, however that ended.
            lock(&self.line).ear = None;
            self.refuse(error);
        };
        attend(|| self.is_wanted(), || self.attend(queue), refuse);
    }

    /// Sleeps until somebody waits; gives false at the end.
    fn is_wanted(&self) -> bool {
        let mut line = lock(&self.line);
        while line.waits.is_empty() && !line.is_ended {
            line = self.changed.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
        !line.is_ended
    }

    /// Listens in the store as long as somebody waits.
    fn attend(&self, queue: &Queue) -> Result<()> {
        let ear = Ear::next();
        let mut listener = queue.store.listener(ear, None)?;
        // Under one lock: who comes later says so in the store.
        let mut ended = {
            let mut line = lock(&self.line);
            line.ear = Some(ear);
            line.waits.keys().copied().collect::<Vec<_>>()
        };
        loop {
            for id in ended {
                self.look(queue, id, ear);
            }
            self.give_up(queue, ear);
            let news = listener.wait(LOOK_UP)?;
            let mut line = lock(&self.line);
            if line.is_ended || (line.waits.is_empty() && news == News::Nothing) {
                line.ear = None;
                return Ok(());
            }
            ended = match news {
                News::Nothing => Vec::new(),
                News::Ends(ids) => ids,
                News::Unknown => line.waits.keys().copied().collect(),
            };
        }
    }

    /// Looks what has become of a job, and tells those who wait for it if it has ended.
    fn look(&self, queue: &Queue, id: JobId, ear: Ear) {
        if !self.is_awaited(id) {
            return;
        }
        let fate = queue.store.await_end(id, ear);
        let Some(result) = fate.map_or_else(|error| Some(Err(error)), |fate| fate.told(id)) else {
            return;
        };
        let waits = lock(&self.line).waits.remove(&id);
        for wait in waits.into_iter().flatten() {
            (self.tell)(wait.caller, ResultTold::Result(result.clone()));
        }
    }

    /// Has jobs call no longer that nobody waits for.
    fn give_up(&self, queue: &Queue, ear: Ear) {
        let given_up = std::mem::take(&mut lock(&self.line).given_up);
        for id in given_up {
            if self.is_awaited(id) {
                continue;
            }
            if let Err(error) = queue.store.give_up(id, ear) {
                log::debug!("a job's end will call for nothing: {error}");
            }
            // For who came meanwhile, and whose wish may just have been withdrawn.
            self.look(queue, id, ear);
        }
    }

    fn is_awaited(&self, id: JobId) -> bool {
        lock(&self.line).waits.contains_key(&id)
    }

    /// Takes waits out of the line.
    fn take(&self, is_meant: impl Fn(JobId, &Wait<C>) -> bool) -> Vec<(JobId, Wait<C>)> {
        let (mut line, mut taken) = (lock(&self.line), Vec::new());
        let Line { waits, given_up, .. } = &mut *line;
        waits.retain(|id, waits| {
            taken.extend(waits.extract_if(.., |wait| is_meant(*id, wait)).map(|wait| (*id, wait)));
            if waits.is_empty() {
                given_up.push(*id);
            }
            !waits.is_empty()
        });
        taken
    }

    fn refuse(&self, error: &Error) {
        for (_, wait) in self.take(|_, _| true) {
            (self.tell)(wait.caller, ResultTold::Result(Err(error.clone())));
        }
    }
}

impl<C> fmt::Debug for ResultWaits<C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ResultWaits").finish_non_exhaustive()
    }
}

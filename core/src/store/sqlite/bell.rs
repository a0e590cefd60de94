//! Waiting inside a process: who sleeps, and who is woken.
//!
//! A ring wakes one sleeper, who looks for work and passes the ring on if more is left, so that a
//! push wakes no herd. Who waits for the end of a job is called by that and by nothing else. One of
//! the sleepers of a process listens at its side-car socket for rings of other processes; when it
//! leaves, another takes its place.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use web_time::Instant;

use crate::lock::lock;
use crate::store::Ear;
use crate::store::sqlite::awaited::Called;
use crate::store::sqlite::sidecar::Sidecar;

/// How often the listener looks after dead processes and missed rings.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// The sleepers of one process at one file.
#[derive(Debug)]
pub(super) struct Bell {
    sleepers: Mutex<Sleepers>,
    /// The number of sleeping workers, to be read without the lock.
    count: AtomicUsize,
    /// `None` in memory, where there are no other processes.
    sidecar: Option<Arc<Sidecar>>,
}

#[derive(Debug, Default)]
struct Sleepers {
    line: VecDeque<Sleeper>,
    last_id: u64,
    /// Who listens for other processes.
    listener: Option<u64>,
}

#[derive(Debug)]
struct Sleeper {
    id: u64,
    purpose: Purpose,
    /// The jobs whose ends it waits for.
    jobs: HashSet<i64>,
    /// Those of them that it was called for.
    ended: Vec<i64>,
    /// Whether it was rung for a job that nobody named.
    may_have_missed: bool,
    is_rung: bool,
    changed: Arc<Condvar>,
}

/// What a sleeper waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is a worker.
    Work,
    /// The ends of jobs.
    Ends(Ear),
}

/// Why a sleep ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Woken {
    Rung,
    TimedOut,
    /// The listener's tick: time to look after dead processes and missed rings.
    Tick,
}

/// What a process was rung for by others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// There may be work.
    pub(super) work: bool,
    /// A job has ended for which somebody waits.
    pub(super) ends: bool,
}

impl Bell {
    pub(super) fn new(sidecar: Option<Arc<Sidecar>>) -> Self {
        Self { sleepers: Mutex::default(), count: AtomicUsize::new(0), sidecar }
    }

    /// Enters a sleeper; what rings from now on may ring it.
    pub(super) fn enter(&self, purpose: Purpose) -> u64 {
        let mut sleepers = lock(&self.sleepers);
        sleepers.last_id += 1;
        let id = sleepers.last_id;
        sleepers.line.push_back(Sleeper::new(id, purpose));
        self.count_is(sleepers.workers());
        id
    }

    /// Takes a sleeper out. A ring that a worker has not answered goes to another.
    pub(super) fn leave(&self, id: u64) {
        let mut sleepers = lock(&self.sleepers);
        let Some(index) = sleepers.line.iter().position(|sleeper| sleeper.id == id) else { return };
        let left = sleepers.line.remove(index);
        self.count_is(sleepers.workers());
        sleepers.give_up_listening(id);
        drop(sleepers);
        if left.is_some_and(|sleeper| sleeper.is_rung && sleeper.is_worker()) {
            self.ring(1);
        }
    }

    /// Keeps the count; called under the lock, so that the slot's word follows the line.
    fn count_is(&self, count: usize) {
        let before = self.count.swap(count, Ordering::SeqCst);
        if let Some(sidecar) = &self.sidecar
            && (before == 0) != (count == 0)
            && let Err(error) = sidecar.set_waits(count > 0)
        {
            log::warn!("other processes may ring late: {error}");
        }
    }

    /// Wakes up to `count` workers, those of this process first.
    pub(super) fn ring(&self, count: usize) {
        let rung = self.ring_here(count);
        self.ring_others(count - rung);
    }

    /// Wakes up to `count` other processes; tells whether there may be any.
    pub(super) fn ring_others(&self, count: usize) -> bool {
        match &self.sidecar {
            Some(sidecar) => count == 0 || sidecar.ring_others(count),
            None => false,
        }
    }

    /// Wakes up to `count` workers of this process; tells how many.
    pub(super) fn ring_here(&self, count: usize) -> usize {
        if count == 0 || self.count.load(Ordering::SeqCst) == 0 {
            return 0;
        }
        self.wake(count, Sleeper::is_worker)
    }

    /// Calls those who wait for the end of jobs that have ended, here and in other processes.
    pub(super) fn call(&self, called: &[Called]) {
        if called.is_empty() {
            return;
        }
        for sleeper in &mut lock(&self.sleepers).line {
            let jobs = called.iter().map(|called| called.job);
            sleeper.ended.extend(jobs.filter(|job| sleeper.jobs.contains(job)));
        }
        self.wake(usize::MAX, |sleeper| !sleeper.ended.is_empty());
        let Some(sidecar) = &self.sidecar else { return };
        let mut owners: Vec<i64> = called.iter().map(|called| called.owner).collect();
        owners.sort_unstable();
        owners.dedup();
        for owner in owners.into_iter().filter(|owner| Some(*owner) != sidecar.incarnation()) {
            sidecar.call(owner);
        }
    }

    /// Has the end of a job wake a listener; tells whether that is new.
    pub(super) fn listen_for(&self, ear: Ear, job: i64) -> bool {
        lock(&self.sleepers).listener_of(ear).is_some_and(|sleeper| sleeper.jobs.insert(job))
    }

    /// Has the end of a job wake a listener no longer; tells whether it would have.
    pub(super) fn forget(&self, ear: Ear, job: i64) -> bool {
        lock(&self.sleepers).listener_of(ear).is_some_and(|sleeper| sleeper.jobs.remove(&job))
    }

    /// Lists the jobs whose ends wake a listener.
    pub(super) fn jobs(&self, id: u64) -> Vec<i64> {
        let sleepers = lock(&self.sleepers);
        let sleeper = sleepers.line.iter().find(|sleeper| sleeper.id == id);
        sleeper.map_or_else(Vec::new, |sleeper| sleeper.jobs.iter().copied().collect())
    }

    /// Tells whether somebody in this process waits for the end of a job.
    pub(super) fn awaits(&self, job: i64) -> bool {
        lock(&self.sleepers).line.iter().any(|sleeper| sleeper.jobs.contains(&job))
    }

    /// Gives the jobs for whose ends a listener was rung; `None` if it may be any of its jobs.
    pub(super) fn ended(&self, id: u64) -> Option<Vec<i64>> {
        let mut sleepers = lock(&self.sleepers);
        let sleeper = sleepers.line.iter_mut().find(|sleeper| sleeper.id == id)?;
        let is_known = !std::mem::take(&mut sleeper.may_have_missed);
        let ended = std::mem::take(&mut sleeper.ended);
        (is_known && !ended.is_empty()).then_some(ended)
    }

    /// Wakes up to `count` sleepers of this process that are meant; tells how many.
    fn wake(&self, count: usize, is_meant: impl Fn(&Sleeper) -> bool) -> usize {
        let mut sleepers = lock(&self.sleepers);
        let listener = sleepers.listener;
        let mut rung = 0;
        // The listener is dearer to wake, and its place must be filled: it comes last.
        for is_listener in [false, true] {
            for sleeper in &mut sleepers.line {
                if rung == count {
                    return rung;
                }
                if sleeper.is_rung
                    || !is_meant(sleeper)
                    || (Some(sleeper.id) == listener) != is_listener
                {
                    continue;
                }
                sleeper.is_rung = true;
                rung += 1;
                match &self.sidecar {
                    Some(sidecar) if is_listener => sidecar.ring_self(),
                    _ => sleeper.changed.notify_one(),
                }
            }
        }
        rung
    }

    /// Wakes all sleepers of this process.
    pub(super) fn ring_all_here(&self) {
        self.wake(usize::MAX, |_| true);
    }

    /// Wakes those of this process whom `heard` is for: of the workers the one who heard it, if it is
    /// one.
    fn pass_on(&self, id: u64, heard: Heard) {
        if heard.work && self.wake(1, |sleeper| sleeper.is_worker() && sleeper.id == id) == 0 {
            self.ring_here(1);
        }
        if heard.ends {
            for sleeper in &mut lock(&self.sleepers).line {
                sleeper.may_have_missed = !sleeper.is_worker();
            }
            self.wake(usize::MAX, |sleeper| !sleeper.is_worker());
        }
    }

    /// Sleeps until rung, until `timeout` has passed, or, if it listens, for one tick.
    pub(super) fn sleep(&self, id: u64, timeout: Duration) -> Woken {
        let deadline = Instant::now().checked_add(timeout);
        let mut sleepers = lock(&self.sleepers);
        loop {
            if sleepers.take_ring(id) {
                return Woken::Rung;
            }
            let left = deadline.map_or(Duration::MAX, |end| end.duration_since(Instant::now()));
            if left.is_zero() {
                return Woken::TimedOut;
            }
            match &self.sidecar {
                Some(sidecar) if sleepers.listener.is_none() => {
                    sleepers.listener = Some(id);
                    drop(sleepers);
                    let heard = sidecar.listen(left.min(TICK));
                    lock(&self.sleepers).give_up_listening(id);
                    self.pass_on(id, heard.unwrap_or_default());
                    sleepers = lock(&self.sleepers);
                    if sleepers.take_ring(id) {
                        return Woken::Rung;
                    }
                    return if left > TICK { Woken::Tick } else { Woken::TimedOut };
                }
                _ => {
                    let Some(changed) = sleepers.condition_of(id) else { return Woken::Rung };
                    // A year is as good as for ever, and no platform refuses it.
                    let left = left.min(Duration::from_secs(365 * 24 * 3600));
                    let slept = changed.wait_timeout(sleepers, left);
                    sleepers = slept.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }
}

impl Sleeper {
    fn new(id: u64, purpose: Purpose) -> Self {
        let (jobs, ended, changed) = (HashSet::new(), Vec::new(), Arc::new(Condvar::new()));
        Self { id, purpose, jobs, ended, may_have_missed: false, is_rung: false, changed }
    }

    fn is_worker(&self) -> bool {
        self.purpose == Purpose::Work
    }
}

impl Sleepers {
    fn workers(&self) -> usize {
        self.line.iter().filter(|sleeper| sleeper.is_worker()).count()
    }

    fn listener_of(&mut self, ear: Ear) -> Option<&mut Sleeper> {
        self.line.iter_mut().find(|sleeper| sleeper.purpose == Purpose::Ends(ear))
    }

    fn take_ring(&mut self, id: u64) -> bool {
        let sleeper = self.line.iter_mut().find(|sleeper| sleeper.id == id);
        sleeper.is_some_and(|sleeper| std::mem::take(&mut sleeper.is_rung))
    }

    fn condition_of(&self, id: u64) -> Option<Arc<Condvar>> {
        self.line
            .iter()
            .find(|sleeper| sleeper.id == id)
            .map(|sleeper| Arc::clone(&sleeper.changed))
    }

    /// Hands the listening on: whoever is woken finds the place empty and takes it.
    fn give_up_listening(&mut self, id: u64) {
        if self.listener == Some(id) {
            self.listener = None;
            if let Some(next) =
                self.line.iter().find(|sleeper| sleeper.id != id && !sleeper.is_rung)
            {
                next.changed.notify_one();
            }
        }
    }
}

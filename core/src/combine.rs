//! The leader queue: concurrent calls join into one run without a thread of its own.
//!
//! A caller who finds nobody at work leads: it runs its task at once, so that a lone thread pays no
//! hand-over. Callers that arrive meanwhile form the next batch, whose first caller is told when the
//! run has ended.
//!
//! Callers who come again and again would then fall into two groups that take turns, and each run
//! would carry half of them. So a batch first gathers the callers of the run before, for as long as
//! that run took at most. Whoever completes it leads it there and then, without a hand-over; its
//! first caller watches the clock, and leads if the others stay away.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use web_time::Instant;

use crate::lock::lock;

use batch::{Batch, State, Woken};

mod batch;

/// Runs batches of tasks; what a [`Combiner`] guards.
pub(crate) trait Runner {
    /// What a caller hands in.
    type Task: Send;
    /// What a caller gets back.
    type Verdict: Send;

    /// Runs a batch and gives a verdict for each task, in order. Must not panic. Tasks that it
    /// leaves are dropped when the callers have been told.
    fn run(&mut self, tasks: &mut Vec<Self::Task>) -> Vec<Self::Verdict>;
}

/// The longest that a batch gathers after a run; no longer than that run took, for by then another
/// one would have been cheaper.
const MAX_GATHERING: Duration = Duration::from_micros(500);

/// Combines concurrent calls into runs of one [`Runner`].
pub(crate) struct Combiner<R: Runner> {
    line: Mutex<Line<R>>,
    /// Rung when the lead is free for a pause.
    yielded: Condvar,
    /// Touched by the leader alone, so it is never contended.
    runner: Mutex<R>,
}

struct Line<R: Runner> {
    phase: Phase,
    /// The tasks of the batch that forms, in the order of their arrival.
    tasks: Vec<R::Task>,
    /// Where the callers of that batch wait; none as long as nobody does.
    batch: Option<Arc<Batch<R::Verdict>>>,
    /// How many callers the last run carried and left waiting: as many may come to the next.
    expected: usize,
    /// Until when the batch that forms waits for them.
    gathers_until: Instant,
    /// How many threads want a pause.
    pausing: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nobody leads, and no task waits.
    Idle,
    /// Nobody leads; tasks wait for more of them, and the first caller watches the clock.
    Gathering,
    /// Nobody leads, but a pause comes before the tasks that wait.
    Yielded,
    /// A run, or a pause, is under way.
    Led,
}

impl<R: Runner> Combiner<R> {
    pub(crate) fn new(runner: R) -> Self {
        let line = Line {
            phase: Phase::Idle,
            tasks: Vec::new(),
            batch: None,
            expected: 1,
            gathers_until: Instant::now(),
            pausing: 0,
        };
        Self { line: Mutex::new(line), yielded: Condvar::new(), runner: Mutex::new(runner) }
    }

    /// Runs a task, alone or with others; blocks until its batch has been run. `None` only if a
    /// runner broke its promise of a verdict for each task.
    pub(crate) fn submit(&self, task: R::Task) -> Option<R::Verdict> {
        let mut line = lock(&self.line);
        let index = line.tasks.len();
        line.tasks.push(task);
        if line.may_be_led() && line.is_gathered() {
            return self.lead(line, index);
        }
        let batch = Arc::clone(line.batch.get_or_insert_default());
        if line.phase == Phase::Idle {
            line.gather();
        }
        drop(line);
        loop {
            match batch.wait(index) {
                Woken::Done(verdict) => return verdict,
                Woken::TimedOut => {
                    let line = lock(&self.line);
                    // Another may have completed the batch meanwhile, or wants a pause.
                    if line.phase == Phase::Gathering && line.is_forming(&batch) {
                        return self.lead(line, index);
                    }
                }
            }
        }
    }

    /// Runs the batch that has formed; `index` in it is the caller's task.
    fn lead(&self, mut line: MutexGuard<'_, Line<R>>, index: usize) -> Option<R::Verdict> {
        line.phase = Phase::Led;
        let next = Vec::with_capacity(line.expected);
        let mut tasks = std::mem::replace(&mut line.tasks, next);
        let batch = line.batch.take();
        drop(line);

        let (count, began) = (tasks.len(), Instant::now());
        let verdicts = lock(&self.runner).run(&mut tasks);
        let ended = Instant::now();

        let mut line = lock(&self.line);
        line.expected = count + line.tasks.len();
        line.gathers_until = ended + (ended - began).min(MAX_GATHERING);
        self.hand_over(line);
        let mut verdicts: Vec<_> = verdicts.into_iter().map(Some).collect();
        let own = verdicts.get_mut(index).and_then(Option::take);
        if let Some(batch) = batch {
            batch.tell(State::Done(verdicts));
        }
        // Only when the others are awake: freeing what they allocated takes a while.
        drop(tasks);
        own
    }

    /// Gives the lead up: to a pause, or to the batch that forms.
    fn hand_over(&self, mut line: MutexGuard<'_, Line<R>>) {
        if line.pausing > 0 {
            line.phase = Phase::Yielded;
            self.yielded.notify_one();
        } else {
            line.gather();
        }
    }

    /// Waits until the runs under way have ended and starts no further ones until
    /// [`Combiner::resume`]: callers queue up meanwhile.
    #[cfg(any(test, feature = "sqlite"))]
    pub(crate) fn pause(&self) {
        let mut line = lock(&self.line);
        line.pausing += 1;
        while line.phase == Phase::Led {
            line = self.yielded.wait(line).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        line.pausing -= 1;
        line.phase = Phase::Led;
    }

    /// Ends a pause.
    #[cfg(any(test, feature = "sqlite"))]
    pub(crate) fn resume(&self) {
        self.hand_over(lock(&self.line));
    }

    /// Gives the runner itself, between two runs.
    pub(crate) fn runner(&self) -> MutexGuard<'_, R> {
        lock(&self.runner)
    }
}

impl<R: Runner> Line<R> {
    fn may_be_led(&self) -> bool {
        matches!(self.phase, Phase::Idle | Phase::Gathering)
    }

    /// Tells whether the batch that forms need not wait for more.
    fn is_gathered(&self) -> bool {
        self.tasks.len() >= self.expected || Instant::now() >= self.gathers_until
    }

    fn is_forming(&self, batch: &Arc<Batch<R::Verdict>>) -> bool {
        self.batch.as_ref().is_some_and(|forming| Arc::ptr_eq(forming, batch))
    }

    /// Lets the first caller of the batch that forms watch the clock, if there is one.
    fn gather(&mut self) {
        match &self.batch {
            Some(batch) => {
                batch.tell(State::Gathering(self.gathers_until));
                self.phase = Phase::Gathering;
            }
            None => self.phase = Phase::Idle,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    use super::*;

    struct Doubler {
        largest: Arc<AtomicUsize>,
    }

    impl Runner for Doubler {
        type Task = u64;
        type Verdict = u64;

        fn run(&mut self, tasks: &mut Vec<u64>) -> Vec<u64> {
            self.largest.fetch_max(tasks.len(), Ordering::Relaxed);
            std::thread::sleep(Duration::from_micros(200));
            tasks.iter().map(|task| *task * 2).collect()
        }
    }

    /// Tells when a run begins, ends it when told to, and notes how many tasks it had.
    struct Gated {
        began: Sender<()>,
        go_on: Receiver<()>,
        sizes: Arc<Mutex<Vec<usize>>>,
    }

    impl Runner for Gated {
        type Task = ();
        type Verdict = ();

        fn run(&mut self, tasks: &mut Vec<()>) -> Vec<()> {
            lock(&self.sizes).push(tasks.len());
            self.began.send(()).unwrap();
            self.go_on.recv().unwrap();
            std::mem::take(tasks)
        }
    }

    #[test]
    fn callers_that_arrive_during_a_run_share_the_next_one_though_the_first_stays_away() {
        let (began, has_begun) = channel();
        let (let_go_on, go_on) = channel();
        let sizes = Arc::default();
        let combiner = Combiner::new(Gated { began, go_on, sizes: Arc::clone(&sizes) });
        std::thread::scope(|scope| {
            scope.spawn(|| combiner.submit(()));
            has_begun.recv().unwrap();
            for _ in 0..3 {
                scope.spawn(|| combiner.submit(()));
            }
            while lock(&combiner.line).tasks.len() < 3 {
                std::thread::yield_now();
            }
            let_go_on.send(()).unwrap();
            has_begun.recv().unwrap();
            let_go_on.send(()).unwrap();
        });
        assert_eq!(*lock(&sizes), [1, 3]);
    }

    #[test]
    fn each_caller_gets_its_own_verdict_and_calls_are_combined() {
        let largest = Arc::new(AtomicUsize::new(0));
        let combiner = Combiner::new(Doubler { largest: Arc::clone(&largest) });
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..50 {
                    combiner.pause();
                    assert!(combiner.runner.try_lock().is_ok(), "a run goes on in a pause");
                    combiner.resume();
                }
            });
            for thread in 0..16_u64 {
                let combiner = &combiner;
                scope.spawn(move || {
                    for turn in 0..200 {
                        let task = thread * 1_000 + turn;
                        assert_eq!(combiner.submit(task), Some(task * 2));
                    }
                });
            }
        });
        assert!(largest.load(Ordering::Relaxed) > 1, "no two of 3,200 calls were combined");
        assert!(lock(&combiner.line).phase == Phase::Idle);
    }
}

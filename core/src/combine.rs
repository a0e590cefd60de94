//! The leader queue: concurrent calls join into one run without a thread of its own.
//!
//! The first caller to find nobody at work becomes the leader and runs its task at once: a lone
//! thread pays no hand-over. Callers that arrive meanwhile queue up. When the leader has finished,
//! it hands the lead to the first of them before it tells the others of its own batch how they
//! fared, so that the next run is under way while they wake up.
//!
//! Callers who come again and again would then fall into two groups that take turns, and each run
//! would carry half of them. So where runs are slow, as they are when each waits for the disk, a
//! leader first gives the callers of the run before a moment to come back.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Runs batches of tasks; what a [`Combiner`] guards.
pub(crate) trait Runner {
    /// What a caller hands in.
    type Task: Send;
    /// What a caller gets back.
    type Verdict: Send;

    /// Runs a batch and gives a verdict for each task, in order. Must not panic.
    fn run(&mut self, tasks: Vec<Self::Task>) -> Vec<Self::Verdict>;
}

/// The most tasks of one run: bounds how long the first of a batch waits for the last.
const MAX_BATCH: usize = 256;

/// The longest that a leader waits for callers to come back; half of the last run at most.
const MAX_GATHERING: Duration = Duration::from_micros(300);

/// Combines concurrent calls into runs of one [`Runner`].
pub(crate) struct Combiner<R: Runner> {
    line: Mutex<Line<R>>,
    /// Touched by the leader alone, so it is never contended.
    runner: Mutex<R>,
}

struct Line<R: Runner> {
    /// Whether somebody leads, or has been told to.
    is_led: bool,
    /// Callers in the order of their arrival. One without a task wants the lead for itself: no
    /// batch reaches past it.
    waiting: VecDeque<Caller<R>>,
    /// How many callers the last run carried and left waiting: as many may come to the next.
    expected: usize,
    /// How long the last run took.
    last_run: Duration,
}

type Caller<R> = (Option<<R as Runner>::Task>, Arc<Seat<<R as Runner>::Verdict>>);
type Batch<R> = Vec<(<R as Runner>::Task, Arc<Seat<<R as Runner>::Verdict>>)>;

/// Where a caller sleeps until it is told to lead or how it fared.
struct Seat<V> {
    call: Mutex<Call<V>>,
    changed: Condvar,
}

enum Call<V> {
    Wait,
    Lead,
    Done(V),
}

impl<R: Runner> Combiner<R> {
    pub(crate) fn new(runner: R) -> Self {
        let line =
            Line { is_led: false, waiting: VecDeque::new(), expected: 1, last_run: Duration::ZERO };
        Self { line: Mutex::new(line), runner: Mutex::new(runner) }
    }

    /// Runs a task, alone or with others; blocks until its batch has been run. `None` only if a
    /// runner broke its promise of a verdict for each task.
    pub(crate) fn submit(&self, task: R::Task) -> Option<R::Verdict> {
        let mut line = lock(&self.line);
        if !line.is_led {
            line.is_led = true;
            let batch = self.gather(line, 1).take_batch(1);
            return self.lead(Some(task), batch);
        }
        let seat = Arc::new(Seat { call: Mutex::new(Call::Wait), changed: Condvar::new() });
        line.waiting.push_back((Some(task), Arc::clone(&seat)));
        drop(line);
        match seat.wait() {
            Call::Done(verdict) => Some(verdict),
            // The seat's own task stands first in the line.
            _ => {
                let batch = self.gather(lock(&self.line), 0).take_batch(0);
                self.lead(None, batch)
            }
        }
    }

    /// Waits a moment for the callers of the last run to come back; `own` of them is the leader.
    fn gather<'a>(
        &'a self,
        mut line: MutexGuard<'a, Line<R>>,
        own: usize,
    ) -> MutexGuard<'a, Line<R>> {
        let expected = line.expected;
        if line.waiting.len() + own >= expected {
            return line;
        }
        let deadline = Instant::now() + (line.last_run / 2).min(MAX_GATHERING);
        while line.waiting.len() + own < expected && Instant::now() < deadline {
            drop(line);
            std::thread::yield_now();
            line = lock(&self.line);
        }
        line
    }

    /// Runs `own` first, then `batch`; without `own`, the first of the batch is the caller's.
    fn lead(&self, own: Option<R::Task>, batch: Batch<R>) -> Option<R::Verdict> {
        let (tasks, mut seats): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        if own.is_none() && !seats.is_empty() {
            seats.remove(0);
        }
        let tasks: Vec<_> = own.into_iter().chain(tasks).collect();
        let (count, began) = (tasks.len(), Instant::now());
        let verdicts = lock(&self.runner).run(tasks);
        {
            let mut line = lock(&self.line);
            line.expected = count + line.waiting.len();
            line.last_run = began.elapsed();
        }
        self.hand_over();
        let mut verdicts = verdicts.into_iter();
        let mine = verdicts.next();
        for (seat, verdict) in seats.into_iter().zip(verdicts) {
            seat.tell(Call::Done(verdict));
        }
        mine
    }

    fn hand_over(&self) {
        let mut line = lock(&self.line);
        let next = line.waiting.front().map(|(_, seat)| Arc::clone(seat));
        line.is_led = next.is_some();
        drop(line);
        if let Some(next) = next {
            next.tell(Call::Lead);
        }
    }

    /// Waits until the runs under way have ended and starts no further ones until
    /// [`Combiner::resume`]: callers queue up meanwhile.
    #[cfg(any(test, feature = "sqlite"))]
    pub(crate) fn pause(&self) {
        let mut line = lock(&self.line);
        if !line.is_led {
            line.is_led = true;
            return;
        }
        let seat = Arc::new(Seat { call: Mutex::new(Call::Wait), changed: Condvar::new() });
        line.waiting.push_back((None, Arc::clone(&seat)));
        drop(line);
        seat.wait();
        lock(&self.line).waiting.pop_front();
    }

    /// Ends a pause.
    #[cfg(any(test, feature = "sqlite"))]
    pub(crate) fn resume(&self) {
        self.hand_over();
    }

    /// Gives the runner itself, between two runs.
    #[cfg(feature = "sqlite")]
    pub(crate) fn runner(&self) -> MutexGuard<'_, R> {
        lock(&self.runner)
    }
}

impl<R: Runner> Line<R> {
    fn take_batch(&mut self, taken: usize) -> Batch<R> {
        let mut batch = Vec::new();
        while batch.len() + taken < MAX_BATCH
            && let Some((task, seat)) = self.waiting.pop_front()
        {
            match task {
                Some(task) => batch.push((task, seat)),
                None => {
                    self.waiting.push_front((None, seat));
                    break;
                }
            }
        }
        batch
    }
}

impl<V> Seat<V> {
    fn wait(&self) -> Call<V> {
        let mut call = lock(&self.call);
        loop {
            match std::mem::replace(&mut *call, Call::Wait) {
                Call::Wait => {
                    call = self.changed.wait(call).unwrap_or_else(PoisonError::into_inner);
                }
                told => return told,
            }
        }
    }

    fn tell(&self, told: Call<V>) {
        *lock(&self.call) = told;
        self.changed.notify_one();
    }
}

/// Locks, also after a panic elsewhere: what the locks here guard is changed in single steps.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    struct Doubler {
        largest: Arc<AtomicUsize>,
    }

    impl Runner for Doubler {
        type Task = u64;
        type Verdict = u64;

        fn run(&mut self, tasks: Vec<u64>) -> Vec<u64> {
            self.largest.fetch_max(tasks.len(), Ordering::Relaxed);
            std::thread::sleep(Duration::from_micros(200));
            tasks.into_iter().map(|task| task * 2).collect()
        }
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
        assert!(!lock(&combiner.line).is_led);
    }
}

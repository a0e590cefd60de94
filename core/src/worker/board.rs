//! What all threads of a crew know.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::job::Job;
use crate::lock::lock;
use crate::token::Token;
use crate::worker::delivery::Delivery;
use crate::worker::pace::Pace;
use crate::worker::plan::Plan;
use crate::worker::turns::Turns;

/// How long a delivery waits for a slot before it goes back, for whoever is free.
const PATIENCE: Duration = Duration::from_millis(50);

/// The deliveries of a crew, and what is to become of it.
#[derive(Debug)]
pub(super) struct Board {
    concurrency: usize,
    state: Mutex<State>,
    /// A slot came free, or there are no more to be had: for poppers.
    freed: Condvar,
    /// A delivery waits for a hand, or none will come: for hands.
    delivered: Condvar,
    /// The time is up, or there is another moment to watch: for the keeper.
    pressed: Condvar,
    /// A thread has ended or something was settled: for those who wait for the end.
    ended: Condvar,
}

#[derive(Debug)]
struct State {
    /// Takes no more jobs, and begins with none.
    is_draining: bool,
    /// What still runs is to be given up, in this way.
    parting: Option<Parting>,
    /// The keeper has ended, the last of those that matter: a hand whose handler does not come back
    /// is left alone.
    is_ended: bool,
    failure: Option<Error>,
    poppers: usize,
    /// Slots that poppers have for the jobs that they are about to get.
    reserved: usize,
    turns: Turns,
    pace: Pace,
    /// With how many deliveries hands may yet begin.
    left: u64,
    /// What no hand has begun with, and when it came.
    waiting: VecDeque<(Arc<Delivery>, Instant)>,
    /// Whether the keeper looks at how long they wait.
    is_watched: bool,
    held: HashMap<u64, Held>,
    /// How many of those held are ended just now: their handlers have returned.
    ending: usize,
    /// How many deliveries there have been.
    numbers: u64,
}

/// A delivery from its pop to the return of its handler.
#[derive(Debug)]
struct Held {
    delivery: Arc<Delivery>,
    source: usize,
    stage: Stage,
    times_out_at: Option<Instant>,
}

/// Who may end a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its handler, once it has returned.
    Open,
    /// Its queue's ender, as its handler has said.
    Ending,
    /// Nobody: it was ended in spite of its handler, or lost.
    Settled,
}

/// How what still runs at the end is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// It goes back untried.
    Release,
    /// Its lease lapses, as if the process had been killed.
    Lapse,
}

/// What the keeper is to do next.
pub(super) enum Duty {
    /// Extend these leases, by the place of their queue.
    Extend(Vec<(usize, Vec<Token>)>),
    /// End this delivery: its handler takes too long.
    TimeOut(Arc<Delivery>),
    /// Give these deliveries back, which have not begun, and take them out.
    GiveBack(Vec<Arc<Delivery>>),
    /// Give this delivery up, whose handler has used up the time to stop.
    GiveUp(Arc<Delivery>, Parting),
}

impl Board {
    pub(super) fn new(plan: &Plan) -> Self {
        let sources = &plan.sources;
        let state = State {
            is_draining: plan.max_jobs == 0,
            parting: None,
            is_ended: false,
            failure: None,
            poppers: sources.len(),
            reserved: 0,
            turns: Turns::new(sources.iter().map(|source| source.weight)),
            pace: Pace::default(),
            left: plan.max_jobs,
            waiting: VecDeque::new(),
            is_watched: false,
            held: HashMap::new(),
            ending: 0,
            numbers: 0,
        };
        Self {
            concurrency: plan.concurrency,
            state: Mutex::new(state),
            freed: Condvar::new(),
            delivered: Condvar::new(),
            pressed: Condvar::new(),
            ended: Condvar::new(),
        }
    }

    /// Waits until a queue may pop and reserves slots for it; `None` if it shall not any more.
    pub(super) fn reserve(&self, source: usize) -> Option<usize> {
        let mut state = lock(&self.state);
        state.turns.ask(source);
        loop {
            if state.is_draining {
                return None;
            }
            let free = self.most(&state).saturating_sub(state.reserved + state.held.len());
            let free = free.min(state.unclaimed());
            if free > 0 && state.turns.is_next(source) {
                let share = state.turns.share(source, free);
                state.turns.charge(source, share);
                state.reserved += share;
                // It may be another's turn now, for the slots that are left.
                self.freed.notify_all();
                return Some(share);
            }
            state = wait(&self.freed, state);
        }
    }

    /// Gives how many jobs may be held. Of several queues fewer are taken ahead, so that they are
    /// served by turns also over short times.
    fn most(&self, state: &State) -> usize {
        let most_ahead = if state.turns.is_alone() { usize::MAX } else { 8 * self.concurrency };
        self.concurrency + state.pace.ahead(self.concurrency).min(most_ahead)
    }

    /// Gives slots back that were reserved and of which `used` got a delivery.
    pub(super) fn unreserve(&self, source: usize, slots: usize, used: usize) {
        let mut state = lock(&self.state);
        state.reserved -= slots;
        state.turns.refund(source, slots - used);
        if used == 0 {
            state.turns.rest(source);
        }
        self.freed.notify_all();
    }

    /// Enters what was popped; `deliver` makes a delivery from a job and a number.
    pub(super) fn deliver(
        &self,
        source: usize,
        jobs: Vec<Job>,
        deliver: impl Fn(Job, u64) -> Delivery,
    ) {
        let mut state = lock(&self.state);
        let now = Instant::now();
        // One of those that were with a process that died may have been why. What is taken ahead
        // with it would be charged for a death that it has no part in.
        let is_suspect = jobs.iter().any(|job| job.lapses > 0);
        if is_suspect {
            state.pace.falter();
        }
        let came = if is_suspect { now.checked_sub(PATIENCE).unwrap_or(now) } else { now };
        for job in jobs {
            state.numbers += 1;
            let delivery = Arc::new(deliver(job, state.numbers));
            let held = Held {
                delivery: Arc::clone(&delivery),
                source,
                stage: Stage::Open,
                times_out_at: None,
            };
            state.held.insert(delivery.number, held);
            state.waiting.push_back((delivery, came));
            self.delivered.notify_one();
        }
        let idle = self.concurrency.saturating_sub(state.running());
        if state.is_draining || (state.waiting.len() > idle && !state.is_watched) {
            self.pressed.notify_one();
        }
    }

    /// Waits for a delivery that a hand may begin with; `None` if none will come.
    pub(super) fn begin(&self, timeout: Option<Duration>) -> Option<Arc<Delivery>> {
        let mut state = lock(&self.state);
        loop {
            if state.is_draining {
                return None;
            }
            if let Some(delivery) = self.begin_next(&mut state, timeout) {
                return Some(delivery);
            }
            state = wait(&self.delivered, state);
        }
    }

    /// Gives a delivery that a hand may begin with, if there is one; does not wait.
    pub(super) fn begin_now(&self, timeout: Option<Duration>) -> Option<Arc<Delivery>> {
        self.begin_next(&mut lock(&self.state), timeout)
    }

    /// Gives the deliveries that may begin now, as many as there are slots; does not wait.
    pub(super) fn begin_free(&self, timeout: Option<Duration>) -> Vec<Arc<Delivery>> {
        let mut state = lock(&self.state);
        let free = self.concurrency.saturating_sub(state.running());
        std::iter::from_fn(|| self.begin_next(&mut state, timeout)).take(free).collect()
    }

    fn begin_next(&self, state: &mut State, timeout: Option<Duration>) -> Option<Arc<Delivery>> {
        if state.is_draining {
            return None;
        }
        let (delivery, _) = state.waiting.pop_front()?;
        state.left -= 1;
        if state.left == 0 {
            // Handlers that run are not told: they are to finish, and nobody waits for them.
            self.leave_off(state);
        }
        let times_out_at = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        if times_out_at.is_some() {
            if let Some(held) = state.held.get_mut(&delivery.number) {
                held.times_out_at = times_out_at;
            }
            self.pressed.notify_one();
        }
        Some(delivery)
    }

    /// Notes that a handler has returned; tells whether its delivery is to be ended as it says.
    pub(super) fn returned(&self, delivery: &Delivery, took: Duration) -> bool {
        let mut state = lock(&self.state);
        state.pace.note(took);
        let Some(held) = state.held.get_mut(&delivery.number) else { return false };
        let is_open = held.stage == Stage::Open;
        if is_open {
            held.stage = Stage::Ending;
            state.ending += 1;
        }
        is_open
    }

    /// Takes deliveries out together, so that their slots are filled by one pop: their handlers have
    /// returned, or were never called.
    pub(super) fn leave_all<'a>(&self, deliveries: impl Iterator<Item = &'a Delivery>) {
        let mut state = lock(&self.state);
        for delivery in deliveries {
            let held = state.held.remove(&delivery.number);
            let is_ending = held.is_some_and(|held| held.stage == Stage::Ending);
            state.ending -= usize::from(is_ending);
        }
        self.freed.notify_all();
        if state.is_draining {
            self.pressed.notify_one();
            self.ended.notify_all();
        }
    }

    /// Settles a delivery that the store does not know any more, if nobody was about to end it: one
    /// that has just been ended is unknown as well.
    pub(super) fn lose(&self, source: usize, token: &Token) -> Option<Arc<Delivery>> {
        let mut state = lock(&self.state);
        let held = state
            .held
            .values_mut()
            .find(|held| held.source == source && held.delivery.token == *token)?;
        held.settle()
    }

    /// Waits for what the keeper is to do next, leases at `extend_at`; `None` if it may end.
    pub(super) fn duty(&self, extend_at: Instant) -> Option<Duty> {
        let mut state = lock(&self.state);
        loop {
            let now = Instant::now();
            if let Some(duty) = state.pressing_duty(now, self.concurrency) {
                return Some(duty);
            }
            if state.has_settled() {
                state.is_ended = true;
                self.ended.notify_all();
                return None;
            }
            if now >= extend_at {
                return Some(Duty::Extend(state.leases()));
            }
            let moments = state.next_timeout().into_iter().chain(state.watch(now));
            let until = moments.fold(extend_at, Instant::min);
            let slept = self.pressed.wait_timeout(state, until.saturating_duration_since(now));
            state = slept.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Notes that a popper has ended; no deliveries come from it any more.
    pub(super) fn popper_ended(&self) {
        lock(&self.state).poppers -= 1;
        self.pressed.notify_one();
    }

    /// Tells whether no more jobs are to be taken.
    pub(super) fn is_draining(&self) -> bool {
        lock(&self.state).is_draining
    }

    /// Takes no more jobs, for that reason if there is one; the first stays. Gives what is held, for
    /// the handlers to be told.
    pub(super) fn drain(&self, failure: Option<Error>) -> Vec<Arc<Delivery>> {
        let mut state = lock(&self.state);
        state.failure = state.failure.take().or(failure);
        self.leave_off(&mut state);
        state.held.values().map(|held| Arc::clone(&held.delivery)).collect()
    }

    fn leave_off(&self, state: &mut State) {
        state.is_draining = true;
        self.freed.notify_all();
        self.delivered.notify_all();
        self.pressed.notify_one();
    }

    /// Gives up what still runs; the first way stays.
    pub(super) fn give_up(&self, parting: Parting) {
        lock(&self.state).parting.get_or_insert(parting);
        self.pressed.notify_one();
    }

    /// Waits until all deliveries are settled and their handlers have returned, those excepted that
    /// were given up, or until that moment has come; tells whether every handler has returned.
    pub(super) fn wait_for_end(&self, until: Option<Instant>) -> bool {
        let mut state = lock(&self.state);
        while !(state.is_ended && (state.parting.is_some() || state.held.is_empty())) {
            let Some(until) = until else {
                state = wait(&self.ended, state);
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.ended.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.held.is_empty()
    }

    /// Tells whether it has ended.
    pub(super) fn is_ended(&self) -> bool {
        lock(&self.state).is_ended
    }

    /// Gives the reason why it ended by itself.
    pub(super) fn failure(&self) -> Option<Error> {
        lock(&self.state).failure.clone()
    }

    /// Sleeps, but not beyond the moment from which no more jobs are taken.
    pub(super) fn rest(&self, time: Duration) {
        let state = lock(&self.state);
        let slept = self.freed.wait_timeout_while(state, time, |state| !state.is_draining);
        drop(slept.unwrap_or_else(PoisonError::into_inner));
    }
}

impl State {
    /// Counts the handlers that run.
    fn running(&self) -> usize {
        self.held.len() - self.waiting.len() - self.ending
    }

    /// Counts the deliveries that hands may begin with and nobody has or is about to get.
    fn unclaimed(&self) -> usize {
        let claimed = self.reserved + self.waiting.len();
        usize::try_from(self.left).unwrap_or(usize::MAX).saturating_sub(claimed)
    }

    /// Tells whether some that wait should be left to other workers.
    fn is_stuck(&self, now: Instant, concurrency: usize) -> bool {
        let is_late = self.waiting.front().is_some_and(|(_, came)| now >= *came + PATIENCE);
        is_late && self.running() >= concurrency
    }

    /// Gives when to look whether they are; until then the keeper need not be told of others.
    fn watch(&mut self, now: Instant) -> Option<Instant> {
        let oldest = self.waiting.front();
        self.is_watched = oldest.is_some();
        oldest
            .map(|(_, came)| *came + PATIENCE)
            .map(|at| if at > now { at } else { now + PATIENCE })
    }

    fn pressing_duty(&mut self, now: Instant, concurrency: usize) -> Option<Duty> {
        let gives_back = self.is_draining || self.is_stuck(now, concurrency);
        if gives_back && !self.waiting.is_empty() {
            self.pace.falter();
            let waiting: Vec<_> = self.waiting.drain(..).map(|(one, _)| one).collect();
            waiting.iter().for_each(|delivery| self.turns.refund(delivery.place, 1));
            return Some(Duty::GiveBack(waiting));
        }
        let parting = self.parting;
        self.held.values_mut().find_map(|held| {
            let is_late = held.times_out_at.is_some_and(|end| end <= now);
            if let Some(parting) = parting {
                held.settle().map(|delivery| Duty::GiveUp(delivery, parting))
            } else if is_late {
                held.settle().map(Duty::TimeOut)
            } else {
                None
            }
        })
    }

    /// Tells whether nothing is left to be done for any delivery, nor will be.
    fn has_settled(&self) -> bool {
        let is_settled = |held: &Held| held.stage == Stage::Settled;
        self.is_draining && self.poppers == 0 && self.held.values().all(is_settled)
    }

    fn next_timeout(&self) -> Option<Instant> {
        let open = self.held.values().filter(|held| held.stage == Stage::Open);
        open.filter_map(|held| held.times_out_at).min()
    }

    fn leases(&self) -> Vec<(usize, Vec<Token>)> {
        let mut leases: Vec<(usize, Vec<Token>)> = Vec::new();
        for held in self.held.values().filter(|held| held.stage != Stage::Settled) {
            let token = held.delivery.token;
            match leases.iter_mut().find(|(source, _)| *source == held.source) {
                Some((_, tokens)) => tokens.push(token),
                None => leases.push((held.source, vec![token])),
            }
        }
        leases
    }
}

impl Held {
    /// Takes the right to end the delivery from its hand, if it still has it.
    fn settle(&mut self) -> Option<Arc<Delivery>> {
        (self.stage == Stage::Open).then(|| {
            self.stage = Stage::Settled;
            Arc::clone(&self.delivery)
        })
    }
}

fn wait<'a>(on: &Condvar, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    on.wait(state).unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;

//! What all threads of a crew know.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::job::Job;
use crate::lock::lock;
use crate::token::Token;
use crate::worker::delivery::Delivery;
use crate::worker::plan::Source;
use crate::worker::turns::Turns;

/// The deliveries of a crew, and what is to become of it.
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
    /// What no hand has begun with.
    waiting: VecDeque<Arc<Delivery>>,
    held: HashMap<u64, Held>,
    /// How many deliveries there have been.
    numbers: u64,
}

/// A delivery from its pop to the return of its handler.
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
    /// Its hand does.
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
    /// Give this delivery back, which has not begun, and take it out.
    GiveBack(Arc<Delivery>),
    /// Give this delivery up, whose handler has used up the time to stop.
    GiveUp(Arc<Delivery>, Parting),
}

impl Board {
    pub(super) fn new(concurrency: usize, sources: &[Source]) -> Self {
        let state = State {
            is_draining: false,
            parting: None,
            is_ended: false,
            failure: None,
            poppers: sources.len(),
            reserved: 0,
            turns: Turns::new(sources.iter().map(|source| source.weight)),
            waiting: VecDeque::new(),
            held: HashMap::new(),
            numbers: 0,
        };
        Self {
            concurrency,
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
            let free = self.concurrency.saturating_sub(state.reserved + state.held.len());
            if free > 0 && state.turns.is_next(source) {
                let share = free.div_ceil(state.turns.busy());
                state.turns.charge(source, share);
                state.reserved += share;
                // It may be another's turn now, for the slots that are left.
                self.freed.notify_all();
                return Some(share);
            }
            state = wait(&self.freed, state);
        }
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
            state.waiting.push_back(delivery);
            self.delivered.notify_one();
        }
        if state.is_draining {
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

    /// Gives the deliveries that may begin now, as many as there are slots; does not wait.
    pub(super) fn begin_free(&self, timeout: Option<Duration>) -> Vec<Arc<Delivery>> {
        let mut state = lock(&self.state);
        if state.is_draining {
            return Vec::new();
        }
        let running = state.held.len() - state.waiting.len();
        let free = self.concurrency.saturating_sub(running);
        std::iter::from_fn(|| self.begin_next(&mut state, timeout)).take(free).collect()
    }

    fn begin_next(&self, state: &mut State, timeout: Option<Duration>) -> Option<Arc<Delivery>> {
        let delivery = state.waiting.pop_front()?;
        let times_out_at = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        if times_out_at.is_some() {
            if let Some(held) = state.held.get_mut(&delivery.number) {
                held.times_out_at = times_out_at;
            }
            self.pressed.notify_one();
        }
        Some(delivery)
    }

    /// Tells whether the hand may end the delivery, and that it does from now on.
    pub(super) fn may_end(&self, delivery: &Delivery) -> bool {
        let mut state = lock(&self.state);
        let Some(held) = state.held.get_mut(&delivery.number) else { return false };
        let is_open = held.stage == Stage::Open;
        if is_open {
            held.stage = Stage::Ending;
        }
        is_open
    }

    /// Takes a delivery out: its handler has returned, or was never called.
    pub(super) fn leave(&self, delivery: &Delivery) {
        self.leave_all(std::iter::once(delivery));
    }

    /// Takes deliveries out together, so that their slots are filled by one pop.
    pub(super) fn leave_all<'a>(&self, deliveries: impl Iterator<Item = &'a Delivery>) {
        let mut state = lock(&self.state);
        for delivery in deliveries {
            state.held.remove(&delivery.number);
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
            if let Some(duty) = state.pressing_duty(now) {
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
            let until = state.next_timeout().map_or(extend_at, |next| next.min(extend_at));
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
        state.is_draining = true;
        state.failure = state.failure.take().or(failure);
        self.freed.notify_all();
        self.delivered.notify_all();
        self.pressed.notify_one();
        state.held.values().map(|held| Arc::clone(&held.delivery)).collect()
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
    fn pressing_duty(&mut self, now: Instant) -> Option<Duty> {
        if self.is_draining
            && let Some(delivery) = self.waiting.pop_front()
        {
            return Some(Duty::GiveBack(delivery));
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

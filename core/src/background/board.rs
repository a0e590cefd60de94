//! What the threads of a background processor share.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::{Millis, millis};
use crate::error::{Error, ErrorCode, Result};
use crate::lock::lock;
use crate::store::{Held, NewHold, Owner};

/// Work that waits for its turn, or is being done.
#[derive(Debug)]
pub(super) struct Work<T> {
    pub(super) key: Arc<str>,
    pub(super) owner: Owner,
    pub(super) arg: T,
}

/// A hold that is over for this process, which the store is to be told.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) held: Held,
    pub(super) is_done: bool,
    /// Until when its key is to be held nevertheless, if the store has not said yet that it is.
    pub(super) blind_until: Option<Instant>,
    /// When the store has found out by itself.
    pub(super) lapses_at: Option<Instant>,
}

impl Ended {
    /// Tells whether it is worth telling.
    pub(super) fn counts(&self, now: Instant) -> bool {
        let is_to_be_held = self.blind_until.is_some_and(|until| until > now);
        is_to_be_held || self.lapses_at.is_none_or(|at| at > now)
    }
}

/// What the keeper is to do.
#[derive(Debug)]
pub(super) enum Duty {
    /// Makes these last.
    Keep(Vec<Held>),
    /// Ends these.
    LetGo(Vec<Ended>),
    /// Takes these, which were scheduled while the store could not serve.
    Take(Vec<NewHold>),
}

pub(super) struct Board<T> {
    state: Mutex<State<T>>,
    /// Work has come, or none will come any more.
    pushed: Condvar,
    /// The keeper has something to do.
    pressed: Condvar,
    /// A claim is decided, or something has ended.
    settled: Condvar,
}

struct State<T> {
    waiting: VecDeque<Work<T>>,
    /// The keys of what waits.
    queued: HashSet<Arc<str>>,
    /// The keys of which a caller is asking the store.
    claims: HashSet<Arc<str>>,
    /// How often each key is being worked on: twice after a bump.
    running: HashMap<Arc<str>, usize>,
    /// What the store may believe to be held by this process.
    held: HashMap<Owner, Arc<str>>,
    /// Those of which it has not said that they are, and until when their keys are to be held at least.
    blind: HashMap<Owner, Instant>,
    ended: Vec<Ended>,
    /// How many of `ended` the keeper has in hand.
    being_ended: usize,
    is_closed: bool,
    /// How many threads there are, the keeper being the first.
    threads: usize,
    away: Option<Away>,
}

/// A store that could not serve, and is not asked again for as long as it took to say so.
struct Away {
    until: Instant,
    error: Error,
}

/// The right to ask the store for a key, and to put work into the queue under it.
pub(super) struct Claim<'a, T> {
    board: &'a Board<T>,
    pub(super) key: Arc<str>,
}

impl<T> Board<T> {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                queued: HashSet::new(),
                claims: HashSet::new(),
                running: HashMap::new(),
                held: HashMap::new(),
                blind: HashMap::new(),
                ended: Vec::new(),
                being_ended: 0,
                is_closed: false,
                threads: 0,
                away: None,
            }),
            pushed: Condvar::new(),
            pressed: Condvar::new(),
            settled: Condvar::new(),
        }
    }

    /// Has the threads spawned that are not there yet, of `count`, by number.
    pub(super) fn spawn(
        &self,
        count: usize,
        mut spawn: impl FnMut(usize) -> Result<()>,
    ) -> Result<()> {
        let mut state = lock(&self.state);
        while !state.is_closed && state.threads < count {
            spawn(state.threads)?;
            state.threads += 1;
        }
        Ok(())
    }

    /// Claims a key; `None` if work waits under it. While another caller asks the store for it, this
    /// one waits: were that one to fail, nobody would do what this one was told is coming.
    pub(super) fn claim(&self, key: &str) -> Result<Option<Claim<'_, T>>> {
        let mut state = lock(&self.state);
        loop {
            if state.is_closed {
                return Err(closed());
            }
            if state.queued.contains(key) {
                return Ok(None);
            }
            if !state.claims.contains(key) {
                break;
            }
            state = wait(&self.settled, state);
        }
        let key: Arc<str> = key.into();
        state.claims.insert(Arc::clone(&key));
        Ok(Some(Claim { board: self, key }))
    }

    /// Gives the error of a store that need not be asked yet.
    pub(super) fn away(&self) -> Option<Error> {
        let mut state = lock(&self.state);
        if state.away.as_ref().is_some_and(|away| away.until <= Instant::now()) {
            state.away = None;
        }
        state.away.as_ref().map(|away| away.error.clone())
    }

    /// Notes that the store took so long to say that it cannot serve.
    pub(super) fn note_away(&self, error: &Error, took: Duration) {
        let until = Instant::now() + took;
        lock(&self.state).away = Some(Away { until, error: error.clone() });
    }

    pub(super) fn is_running(&self, key: &str) -> bool {
        lock(&self.state).running.contains_key(key)
    }

    pub(super) fn waiting(&self) -> usize {
        lock(&self.state).waiting.len()
    }

    /// Takes the work that waits longest; `None` when none will come any more.
    pub(super) fn take(&self) -> Option<Work<T>> {
        let mut state = lock(&self.state);
        loop {
            if let Some(work) = state.waiting.pop_front() {
                state.queued.remove(&work.key);
                *state.running.entry(Arc::clone(&work.key)).or_default() += 1;
                return Some(work);
            }
            if state.is_closed {
                return None;
            }
            state = wait(&self.pushed, state);
        }
    }

    /// Notes that work is done: the store is to be told, as long as that makes sense.
    pub(super) fn finish(&self, key: &Arc<str>, owner: Owner, lease: Duration) {
        let mut state = lock(&self.state);
        if let Some(count) = state.running.get_mut(key) {
            *count -= 1;
            if *count == 0 {
                state.running.remove(key);
            }
        }
        state.end(owner, true, lease);
        self.tell_all(&state);
    }

    /// Rests, but no longer than until there is nothing to rest for.
    pub(super) fn rest(&self, time: Duration) {
        let state = lock(&self.state);
        let goes_on = |state: &mut State<T>| !(state.is_closed && state.waiting.is_empty());
        // Not where hands wait for work: that is rung once a piece, for one who can take it.
        drop(self.settled.wait_timeout_while(state, time, goes_on));
    }

    /// Gives the keeper its next duty; `None` when there will be none. Holds are kept at `keep_at`;
    /// the store is told of ended ones at once, and then asked for those that it does not know, but
    /// neither before `tell_at`.
    pub(super) fn duty(&self, keep_at: Instant, tell_at: Instant) -> Option<Duty> {
        let mut state = lock(&self.state);
        loop {
            let now = Instant::now();
            let away_until = state.away.as_ref().map_or(now, |away| away.until);
            let ask_at = tell_at.max(away_until);
            if !state.ended.is_empty() && tell_at <= now {
                let ended = state.take_ended();
                state.being_ended = ended.len();
                return Some(Duty::LetGo(ended));
            }
            if !state.blind.is_empty() && ask_at <= now {
                return Some(Duty::Take(state.unknown(now)));
            }
            if keep_at <= now {
                return Some(Duty::Keep(state.known()));
            }
            if state.is_over() && state.ended.is_empty() {
                return None;
            }
            let tell_at = Some(tell_at).filter(|_| !state.ended.is_empty());
            let ask_at = Some(ask_at).filter(|_| !state.blind.is_empty());
            let until = tell_at.into_iter().chain(ask_at).fold(keep_at, Instant::min);
            let slept = self.pressed.wait_timeout(state, until.saturating_duration_since(now));
            state = slept.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Notes which of the ended holds the store still has to be told of.
    pub(super) fn told(&self, left: Vec<Ended>) {
        let mut state = lock(&self.state);
        state.being_ended = 0;
        // In the order in which they have ended.
        let later = std::mem::replace(&mut state.ended, left);
        state.ended.extend(later);
        self.tell_all(&state);
    }

    /// Notes that a hold is lost; gives its key if it had been there.
    pub(super) fn lose(&self, owner: Owner) -> Option<Arc<str>> {
        let mut state = lock(&self.state);
        state.blind.remove(&owner);
        state.held.remove(&owner)
    }

    /// Notes that the store has given a key to its hold.
    pub(super) fn confirm(&self, owner: Owner) {
        lock(&self.state).blind.remove(&owner);
    }

    /// Takes no more work. Gives what waited, if that is not to be done any more.
    pub(super) fn close(&self, drain: bool, lease: Duration) -> Vec<Work<T>> {
        let mut state = lock(&self.state);
        state.is_closed = true;
        let dropped: Vec<_> = if drain { Vec::new() } else { state.waiting.drain(..).collect() };
        for work in &dropped {
            state.queued.remove(&work.key);
            state.end(work.owner, false, lease);
        }
        self.pushed.notify_all();
        self.tell_all(&state);
        dropped
    }

    /// Waits until nothing waits, runs or has to be told, or until that moment; tells whether nothing
    /// waits or runs.
    pub(super) fn wait_for_end(&self, until: Option<Instant>) -> bool {
        self.wait_until(until, State::has_ended)
    }

    /// Waits until the store was told of all that has ended, or until that moment; tells whether
    /// nothing waits or runs.
    pub(super) fn wait_for_telling(&self, until: Option<Instant>) -> bool {
        self.wait_until(until, State::has_told)
    }

    fn wait_until(&self, until: Option<Instant>, is_met: impl Fn(&State<T>) -> bool) -> bool {
        let mut state = lock(&self.state);
        // Without its threads nothing would ever end, and nothing has begun.
        while !is_met(&state) && state.threads > 0 {
            let Some(until) = until else {
                state = wait(&self.settled, state);
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.settled.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.waiting.is_empty() && state.running.is_empty()
    }

    fn tell_all(&self, state: &State<T>) {
        if !state.ended.is_empty() || state.is_over() {
            self.pressed.notify_one();
        }
        self.settled.notify_all();
    }
}

impl<T> Claim<'_, T> {
    /// Puts work into the queue. If the store did not answer, its key is to be held until
    /// `blind_until` at least.
    ///
    /// # Errors
    /// The error and the work, if the processor was closed meanwhile: the store is told.
    pub(super) fn enter(
        self,
        owner: Owner,
        arg: T,
        lease: Duration,
        blind_until: Option<Instant>,
    ) -> Result<()> {
        let mut state = lock(&self.board.state);
        state.held.insert(owner, Arc::clone(&self.key));
        if let Some(until) = blind_until {
            state.blind.insert(owner, until);
            self.board.pressed.notify_one();
        }
        if state.is_closed {
            state.end(owner, false, lease);
            self.board.tell_all(&state);
            return Err(closed());
        }
        state.queued.insert(Arc::clone(&self.key));
        state.waiting.push_back(Work { key: Arc::clone(&self.key), owner, arg });
        self.board.pushed.notify_one();
        Ok(())
    }
}

impl<T> Drop for Claim<'_, T> {
    fn drop(&mut self) {
        let mut state = lock(&self.board.state);
        state.claims.remove(&self.key);
        self.board.tell_all(&state);
    }
}

impl<T> State<T> {
    fn end(&mut self, owner: Owner, is_done: bool, lease: Duration) {
        if let Some(key) = self.held.remove(&owner) {
            let held = Held { key: key.to_string(), owner };
            let blind_until = self.blind.remove(&owner).filter(|_| is_done);
            let lapses_at = Instant::now().checked_add(lease);
            self.ended.push(Ended { held, is_done, blind_until, lapses_at });
        }
    }

    /// Takes what has ended. A key is of the latest work: what ended before that must not take it first.
    fn take_ended(&mut self) -> Vec<Ended> {
        let mut ended = std::mem::take(&mut self.ended);
        let key = |owner| self.held.get(owner).map(|key| key.to_string());
        let mut taken: HashSet<String> = self.blind.keys().filter_map(key).collect();
        for ended in ended.iter_mut().rev().filter(|ended| ended.blind_until.is_some()) {
            if !taken.insert(ended.held.key.clone()) {
                ended.blind_until = None;
            }
        }
        ended
    }

    /// Lists what the store has said to be held by this process.
    fn known(&self) -> Vec<Held> {
        let known = self.held.iter().filter(|(owner, _)| !self.blind.contains_key(owner));
        known.map(|(owner, key)| Held { key: key.to_string(), owner: *owner }).collect()
    }

    /// Lists the others.
    fn unknown(&self, now: Instant) -> Vec<NewHold> {
        let hold = |(owner, until): (&Owner, &Instant)| {
            let key = self.held.get(owner)?.to_string();
            Some(NewHold { key, owner: *owner, backoff: left(*until, now) })
        };
        self.blind.iter().filter_map(hold).collect()
    }

    /// Tells whether nothing will need the keeper, once the store was told of what has ended.
    fn is_over(&self) -> bool {
        self.is_closed
            && self.claims.is_empty()
            && self.waiting.is_empty()
            && self.running.is_empty()
    }

    fn has_told(&self) -> bool {
        self.ended.is_empty() && self.being_ended == 0
    }

    fn has_ended(&self) -> bool {
        self.is_over() && self.has_told()
    }
}

/// Gives the milliseconds from now until a moment, 0 if it has passed.
pub(super) fn left(until: Instant, now: Instant) -> Millis {
    millis(until.saturating_duration_since(now))
}

fn closed() -> Error {
    Error::new(ErrorCode::Closed, "background processor is closed")
}

fn wait<'a, T>(on: &Condvar, state: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    on.wait(state).unwrap_or_else(PoisonError::into_inner)
}

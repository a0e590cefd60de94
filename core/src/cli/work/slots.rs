//! The deliveries that are running, as all threads of a worker see them.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::cli::work::child::Group;
use crate::token::Token;

/// Why a command was told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Its delivery has lapsed: the job is somebody else's by now, or nobody's.
    Lost,
    /// A second Ctrl-C.
    Interrupted,
}

/// The running deliveries, at most so many at once.
#[derive(Debug)]
pub(super) struct Slots {
    count: usize,
    /// How long a command that was told to end may take before it is killed.
    grace: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    running: HashMap<Token, Running>,
    /// No more jobs are started: an interrupt, or a reason to fail.
    is_stopping: bool,
    /// Commands are told to end, those too that are about to start.
    is_interrupted_twice: bool,
    failure: Option<String>,
    is_closed: bool,
}

#[derive(Debug, Default)]
struct Running {
    /// The command's processes; `None` before it has started, and from the moment it has exited
    /// but is not yet reaped: until then its number cannot have become another process's.
    group: Option<Group>,
    told: Option<Told>,
    kill_at: Option<Instant>,
}

impl Running {
    fn tell(&mut self, why: Told, kill_at: Instant) {
        if self.told.is_none() {
            self.told = Some(why);
            self.kill_at = Some(kill_at);
            if let Some(group) = &self.group {
                group.terminate();
            }
        }
    }
}

impl Slots {
    pub(super) fn new(count: usize, grace: Duration) -> Self {
        Self { count, grace, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits until a delivery may start and tells how many may; `None` if none shall any more.
    pub(super) fn wait_for_free(&self) -> Option<usize> {
        let state =
            self.wait_while(|state| !state.is_stopping && state.running.len() >= self.count);
        (!state.is_stopping).then(|| self.count - state.running.len())
    }

    /// Waits until nothing runs any more.
    pub(super) fn wait_for_all(&self) {
        drop(self.wait_while(|state| !state.running.is_empty()));
    }

    /// Sleeps, but not beyond the moment from which no more jobs are started.
    pub(super) fn rest(&self, time: Duration) {
        let guard = self.lock();
        let wait = self.changed.wait_timeout_while(guard, time, |state| !state.is_stopping);
        drop(wait.unwrap_or_else(PoisonError::into_inner));
    }

    /// Tells whether no more jobs are to be started.
    pub(super) fn is_stopping(&self) -> bool {
        self.lock().is_stopping
    }

    /// Starts no more jobs, for that reason. The first reason stays.
    pub(super) fn fail(&self, reason: String) {
        let mut state = self.lock();
        state.failure.get_or_insert(reason);
        state.is_stopping = true;
        self.changed.notify_all();
    }

    /// Takes the reason to fail.
    pub(super) fn take_failure(&self) -> Option<String> {
        self.lock().failure.take()
    }

    /// Reacts to the `count`-th interrupt and tells how many deliveries are running.
    pub(super) fn interrupt(&self, count: usize) -> usize {
        let mut state = self.lock();
        state.is_stopping = true;
        state.is_interrupted_twice |= count > 1;
        let kill_at = Instant::now() + if count > 2 { Duration::ZERO } else { self.grace };
        if count > 1 {
            for running in state.running.values_mut() {
                running.tell(Told::Interrupted, kill_at);
                running.kill_at = running.kill_at.map(|earlier| earlier.min(kill_at));
            }
        }
        self.changed.notify_all();
        state.running.len()
    }

    /// Tells the command of a delivery that has lapsed to end.
    pub(super) fn lose(&self, token: &Token) {
        let kill_at = Instant::now() + self.grace;
        if let Some(running) = self.lock().running.get_mut(token) {
            running.tell(Told::Lost, kill_at);
        }
        self.changed.notify_all();
    }

    /// Enters a delivery, from its pop on.
    pub(super) fn enter(&self, token: Token) {
        self.lock().running.insert(token, Running::default());
    }

    /// Enters the processes of a delivery's command.
    pub(super) fn started(&self, token: &Token, group: Group) {
        let mut state = self.lock();
        let is_too_late = state.is_interrupted_twice;
        if let Some(running) = state.running.get_mut(token) {
            running.group = Some(group);
            if is_too_late {
                running.tell(Told::Interrupted, Instant::now() + self.grace);
            }
        }
        self.changed.notify_all();
    }

    /// Notes that a command has exited, before it is reaped, and tells whether it was told to.
    pub(super) fn exited(&self, token: &Token) -> Option<Told> {
        let mut state = self.lock();
        let running = state.running.get_mut(token)?;
        running.group = None;
        running.kill_at = None;
        running.told
    }

    /// Takes a delivery that has ended out.
    pub(super) fn leave(&self, token: &Token) {
        self.lock().running.remove(token);
        self.changed.notify_all();
    }

    /// Gives the tokens of the running deliveries.
    pub(super) fn tokens(&self) -> Vec<Token> {
        self.lock().running.keys().copied().collect()
    }

    /// Ends the keeper's waiting for good.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// Waits until that moment and kills meanwhile what was told to end and has not; false once
    /// closed.
    pub(super) fn watch_until(&self, moment: Instant) -> bool {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if state.is_closed || now >= moment {
                return !state.is_closed;
            }
            let mut wake_at = moment;
            for running in state.running.values_mut() {
                match running.kill_at {
                    Some(kill_at) if kill_at <= now => {
                        running.kill_at = None;
                        if let Some(group) = &running.group {
                            group.kill();
                        }
                    }
                    Some(kill_at) => wake_at = wake_at.min(kill_at),
                    None => {}
                }
            }
            let wait = self.changed.wait_timeout(state, wake_at.duration_since(now));
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn wait_while(&self, mut condition: impl FnMut(&State) -> bool) -> MutexGuard<'_, State> {
        let wait = self.changed.wait_while(self.lock(), |state| condition(state));
        wait.unwrap_or_else(PoisonError::into_inner)
    }

    /// The state is whole between any two statements, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

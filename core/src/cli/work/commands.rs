//! The commands that run, as all threads of `work` see them.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::cli::work::child::Group;
use crate::lock::lock;
use crate::token::Token;

/// Why a command was told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Its delivery has lapsed: the job is somebody else's by now, or nobody's.
    Lost,
    /// A second Ctrl-C.
    Interrupted,
}

/// The commands of deliveries, each from the start of its handler until its end has been told.
#[derive(Debug)]
pub(super) struct Commands {
    /// How long a command that was told to end may take before it is killed.
    grace: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<Token, Known>,
    /// Commands are told to end, those too that are about to start.
    is_interrupted_twice: bool,
    failure: Option<String>,
    is_closed: bool,
}

#[derive(Debug)]
struct Known {
    began: Instant,
    stage: Stage,
    told: Option<Told>,
    kill_at: Option<Instant>,
}

#[derive(Debug)]
enum Stage {
    Starting,
    Running(Group),
    /// Exited, but it may not be reaped yet: until then its number cannot have become another
    /// process's, and from now on it is not signalled any more.
    Exited,
    Ended(Run),
}

impl Stage {
    fn is_over(&self) -> bool {
        matches!(self, Self::Exited | Self::Ended(_))
    }
}

/// How a command ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// `None` if it did not start or was killed.
    pub(super) exit_status: Option<i32>,
    pub(super) duration: Duration,
}

impl Known {
    fn tell(&mut self, why: Told, kill_at: Instant) {
        if self.told.is_none() {
            self.told = Some(why);
            self.kill_at = Some(kill_at);
            if let Stage::Running(group) = &self.stage {
                group.terminate();
            }
        }
    }
}

impl Commands {
    pub(super) fn new(grace: Duration) -> Self {
        Self { grace, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Reacts to the `count`-th interrupt and tells how many commands have not ended.
    pub(super) fn interrupt(&self, count: usize) -> usize {
        let mut state = lock(&self.state);
        state.is_interrupted_twice |= count > 1;
        let kill_at = Instant::now() + if count > 2 { Duration::ZERO } else { self.grace };
        if count > 1 {
            // What has exited by itself is judged by that.
            for known in state.known.values_mut().filter(|known| !known.stage.is_over()) {
                known.tell(Told::Interrupted, kill_at);
                known.kill_at = known.kill_at.map(|earlier| earlier.min(kill_at));
            }
        }
        self.changed.notify_all();
        state.known.values().filter(|known| !known.stage.is_over()).count()
    }

    /// Keeps the first reason why no command can be run.
    pub(super) fn fail(&self, reason: String) {
        lock(&self.state).failure.get_or_insert(reason);
    }

    /// Takes the reason why no command can be run.
    pub(super) fn take_failure(&self) -> Option<String> {
        lock(&self.state).failure.take()
    }

    /// Enters a delivery.
    pub(super) fn enter(&self, token: Token) {
        let known =
            Known { began: Instant::now(), stage: Stage::Starting, told: None, kill_at: None };
        lock(&self.state).known.insert(token, known);
    }

    /// Notes that a delivery's command runs.
    pub(super) fn started(&self, token: &Token, group: Group) {
        let mut state = lock(&self.state);
        let is_too_late = state.is_interrupted_twice;
        if let Some(known) = state.known.get_mut(token) {
            known.stage = Stage::Running(group);
            if is_too_late {
                known.tell(Told::Interrupted, Instant::now() + self.grace);
            }
        }
        self.changed.notify_all();
    }

    /// Notes that a command has exited, before it is reaped.
    pub(super) fn exited(&self, token: &Token) {
        if let Some(known) = lock(&self.state).known.get_mut(token) {
            known.stage = Stage::Exited;
            known.kill_at = None;
        }
    }

    /// Notes how a command ran, and tells whether it was told to end.
    pub(super) fn ended(&self, token: &Token, exit_status: Option<i32>) -> Option<Told> {
        let mut state = lock(&self.state);
        let known = state.known.get_mut(token)?;
        let run = Run { exit_status, duration: known.began.elapsed() };
        known.stage = Stage::Ended(run);
        known.told
    }

    /// Takes a delivery out, whose command has ended.
    pub(super) fn leave(&self, token: &Token) -> Option<Run> {
        let known = lock(&self.state).known.remove(token)?;
        match known.stage {
            Stage::Ended(run) => Some(run),
            Stage::Starting | Stage::Running(_) | Stage::Exited => None,
        }
    }

    /// Takes a delivery that was lost out if its command has ended; else tells the command to end.
    pub(super) fn lose(&self, token: &Token) -> Option<Run> {
        let mut state = lock(&self.state);
        let known = state.known.get_mut(token)?;
        if let Stage::Ended(run) = known.stage {
            state.known.remove(token);
            return Some(run);
        }
        known.tell(Told::Lost, Instant::now() + self.grace);
        self.changed.notify_all();
        None
    }

    /// Ends the watch.
    pub(super) fn close(&self) {
        lock(&self.state).is_closed = true;
        self.changed.notify_all();
    }

    /// Kills what was told to end and has not in its time, until closed.
    pub(super) fn watch(&self) {
        let mut state = lock(&self.state);
        while !state.is_closed {
            let now = Instant::now();
            for known in state.known.values_mut() {
                if let (Stage::Running(group), Some(kill_at)) = (&known.stage, known.kill_at)
                    && kill_at <= now
                {
                    known.kill_at = None;
                    group.kill();
                }
            }
            let running = |known: &&Known| matches!(known.stage, Stage::Running(_));
            let next = state.known.values().filter(running).filter_map(|known| known.kill_at).min();
            let wait = next.map_or(Duration::MAX, |at| at.duration_since(now));
            let slept = self.changed.wait_timeout(state, wait);
            state = slept.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

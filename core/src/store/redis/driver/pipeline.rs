//! Carries out batches of calls: sends each batch until every call in it has its answer.

use std::sync::Arc;
use std::time::Instant;

use crate::combine::Runner;
use crate::error::{Error, ErrorCode, Result};
use crate::store::redis::driver::link::Link;
use crate::store::redis::driver::locator::Locator;
use crate::store::redis::driver::patience::Patience;
use crate::store::redis::driver::round::Round;
use crate::store::redis::driver::shared::{CONNECT_TIMEOUT, Shared};
use crate::store::redis::driver::task::{Act, Pending, Task};
use crate::store::redis::driver::trouble::Trouble;
use crate::store::redis::protocol::Reply;

/// How often in a row a batch is sent again at once, as a redirection or an unknown script asks
/// for, before that is taken for a fault and paced.
const SWIFT_TRIES: u32 = 4;

/// The calls of a process, and their connection.
pub(super) struct Pipeline {
    shared: Arc<Shared>,
    locator: Arc<Locator>,
    link: Option<Link>,
    /// Names this pipeline to the scripts; drawn once, since it must outlive connections.
    identity: [u8; 8],
    /// The number of the latest request.
    sequence: u64,
}

impl Pipeline {
    pub(super) fn new(shared: Arc<Shared>, locator: Arc<Locator>) -> Result<Self> {
        let mut identity = [0; 8];
        // From the system: a generator of this process would draw the same in two children of a
        // fork, and a script would take the pushes of one for repetitions of the other's.
        getrandom::fill(&mut identity).map_err(|error| {
            Error::new(ErrorCode::Internal, format!("system gives no random numbers: {error}"))
        })?;
        Ok(Self { shared, locator, link: None, identity, sequence: 0 })
    }

    /// Closes the connection.
    pub(super) fn hang_up(&mut self) {
        self.link = None;
    }

    /// Sends what is pending, once.
    fn attempt(&mut self, pending: Vec<Pending>) -> Round {
        let now = Instant::now();
        let latest = pending.iter().map(|each| each.task.deadline).max().unwrap_or(now);
        let deadline = latest.min(now + self.shared.call_timeout);
        let link = match self.link.take() {
            Some(link) => Ok(link),
            None => {
                let timeout = latest.saturating_duration_since(now).min(CONNECT_TIMEOUT);
                self.locator.open(&self.shared.address, timeout, &self.shared.closing)
            }
        };
        let mut link = match link {
            Ok(link) => link,
            Err(trouble) => {
                return Round { left: pending, hindrance: Some(trouble), ..Round::default() };
            }
        };
        let (asking, pending): (Vec<_>, _) =
            pending.into_iter().partition(|each| each.ask.is_some());
        let mut round = Round::run(&mut link, pending, false, deadline, &self.shared.closing);
        if let Some(owner) = round.owner.take() {
            self.locator.moved(owner);
        } else if round.leaves {
            self.locator.lost(link.endpoint());
        }
        if !round.leaves {
            self.link = Some(link);
        }
        for each in asking {
            round.join(self.attempt_elsewhere(each, deadline));
        }
        round
    }

    /// Sends one call to the node that is taking over its slot. A connection for one call: this is
    /// as rare as the moving of a slot.
    fn attempt_elsewhere(&self, mut pending: Pending, deadline: Instant) -> Round {
        let closing = &self.shared.closing;
        let Some(node) = pending.ask.take() else { return Round::default() };
        match self.locator.open_at(&node, &self.shared.address, CONNECT_TIMEOUT, closing) {
            Ok(mut link) => Round::run(&mut link, vec![pending], true, deadline, closing),
            Err(trouble) => {
                Round { left: vec![pending], hindrance: Some(trouble), ..Round::default() }
            }
        }
    }

    /// Gives a task its identity; repetitions keep it.
    fn admit(&mut self, place: usize, mut task: Task) -> Pending {
        if let Act::Call(request) = &mut task.act {
            self.sequence += 1;
            let slot = u16::try_from(place).unwrap_or(u16::MAX);
            request.identify(self.identity, slot, self.sequence);
        }
        Pending::new(place, task)
    }
}

impl Runner for Pipeline {
    type Task = Task;
    type Verdict = Result<Reply>;

    fn run(&mut self, tasks: &mut Vec<Task>) -> Vec<Result<Reply>> {
        let mut verdicts: Vec<Option<Result<Reply>>> = tasks.iter().map(|_| None).collect();
        let admitted = tasks.drain(..).enumerate();
        let mut pending: Vec<_> = admitted.map(|(place, task)| self.admit(place, task)).collect();
        let mut patience = Patience::default();
        let mut last = None;
        let mut swift = 0;
        loop {
            expire(&mut pending, &mut verdicts, last.as_ref());
            if pending.is_empty() {
                break;
            }
            let round = self.attempt(pending);
            for (place, verdict) in round.settled {
                verdicts[place] = Some(verdict);
            }
            pending = round.left;
            swift += 1;
            let mut paused = Ok(());
            match round.hindrance {
                Some(Trouble::Final(error)) => paused = Err(error),
                Some(hindrance) => {
                    last = Some(hindrance);
                    swift = SWIFT_TRIES;
                }
                None => {}
            }
            if !pending.is_empty() && paused.is_ok() && swift >= SWIFT_TRIES {
                let latest = pending.iter().map(|each| each.task.deadline).max();
                let deadline = latest.unwrap_or_else(Instant::now);
                paused = patience.pause(deadline, &self.shared.closing);
                swift = 0;
            }
            if let Err(error) = paused {
                for each in pending.drain(..) {
                    verdicts[each.place] = Some(Err(error.clone()));
                }
            }
        }
        let unanswered =
            || Err(Error::new(ErrorCode::Internal, "a call was left without an answer"));
        verdicts.into_iter().map(|verdict| verdict.unwrap_or_else(unanswered)).collect()
    }
}

/// Ends the calls for which no time is left, with what hindered them `last`.
fn expire(
    pending: &mut Vec<Pending>,
    verdicts: &mut [Option<Result<Reply>>],
    last: Option<&Trouble>,
) {
    let now = Instant::now();
    for each in pending.extract_if(.., |each| each.task.deadline <= now) {
        verdicts[each.place] = Some(Err(match last {
            Some(trouble) => trouble.clone().into(),
            // It stood in line behind calls that took all its time.
            None => {
                Error::new(ErrorCode::Timeout, "redis server did not answer earlier calls in time")
            }
        }));
    }
}

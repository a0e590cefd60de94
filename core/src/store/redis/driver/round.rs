//! One exchange with a server: a pipeline goes out, and its answers come in.

use std::time::Instant;

use redis::cmd;

use crate::error::Result;
use crate::store::redis::driver::closing::Closing;
use crate::store::redis::driver::endpoint::Endpoint;
use crate::store::redis::driver::link::{Answer, Link};
use crate::store::redis::driver::task::{Act, Pending};
use crate::store::redis::driver::trouble::Trouble;
use crate::store::redis::protocol::{Remedy, Reply, Script, ServerError};

/// What came of an exchange.
#[derive(Default)]
pub(super) struct Round {
    /// The answers that settle a call, by its place in the batch.
    pub(super) settled: Vec<(usize, Result<Reply>)>,
    /// The calls that are to be sent again.
    pub(super) left: Vec<Pending>,
    /// Why some are to be sent again only after a pause, if they are.
    pub(super) hindrance: Option<Trouble>,
    /// Whether the connection is of no further use.
    pub(super) leaves: bool,
    /// Where the cluster says that the slot is now.
    pub(super) owner: Option<Endpoint>,
}

impl Round {
    /// Sends all and reads the answers. `is_asking` marks a node that does not own the slot yet.
    pub(super) fn run(
        link: &mut Link,
        pending: Vec<Pending>,
        is_asking: bool,
        deadline: Instant,
        closing: &Closing,
    ) -> Self {
        let mut round = Self::default();
        let scripts = missing_scripts(&pending);
        for script in &scripts {
            link.add(cmd("SCRIPT").arg("LOAD").arg(script.text()));
        }
        for each in &pending {
            if is_asking {
                link.add(&cmd("ASKING"));
            }
            link.add(&each.command());
        }
        let mut refused = None;
        let loaded = link.send(deadline, closing).and_then(|()| {
            for _ in &scripts {
                refused = link.receive(deadline, closing)?.err().or(refused.take());
            }
            Ok(())
        });
        if let Err(trouble) = loaded {
            round.breaks(trouble, pending);
            return round;
        }
        let mut pending = pending.into_iter();
        while let Some(each) = pending.next() {
            let asked = if is_asking { link.receive(deadline, closing).map(drop) } else { Ok(()) };
            match asked.and_then(|()| link.receive(deadline, closing)) {
                Ok(answer) => round.settle(each, answer, refused.as_ref(), link.endpoint()),
                Err(trouble) => {
                    round.breaks(trouble, std::iter::once(each).chain(pending));
                    break;
                }
            }
        }
        round
    }

    /// Adds what came of another exchange, on a connection of its own.
    pub(super) fn join(&mut self, other: Self) {
        self.settled.extend(other.settled);
        self.left.extend(other.left);
        self.hindrance = self.hindrance.take().or(other.hindrance);
    }

    /// The connection broke: the server may carry out what we never learn of.
    fn breaks(&mut self, trouble: Trouble, unanswered: impl IntoIterator<Item = Pending>) {
        self.hindrance = Some(trouble);
        self.leaves = true;
        self.left.extend(unanswered.into_iter().map(Pending::repeated));
    }

    /// `refused` is the server's answer to the loading of scripts, if it was an error.
    fn settle(
        &mut self,
        mut pending: Pending,
        answer: Answer,
        refused: Option<&ServerError>,
        endpoint: &Endpoint,
    ) {
        let error = match answer {
            Ok(reply) => return self.settled.push((pending.place, Ok(reply))),
            Err(error) => error,
        };
        pending.ask = None;
        match error.remedy() {
            Remedy::Tell => return self.settled.push((pending.place, Err(error.error()))),
            Remedy::Load => match refused {
                Some(refused) => {
                    return self.settled.push((pending.place, Err(refused.error())));
                }
                None => pending.needs_script = true,
            },
            Remedy::Wait => self.hindrance = Some(Trouble::Refused(error)),
            Remedy::Locate => {
                self.leaves = true;
                self.hindrance = Some(Trouble::Refused(error));
            }
            Remedy::Moved(target) => match Endpoint::redirected(&target, endpoint) {
                Some(owner) => {
                    self.leaves = true;
                    self.owner = Some(owner);
                }
                None => self.hindrance = Some(Trouble::Refused(error)),
            },
            Remedy::Ask(target) => match Endpoint::redirected(&target, endpoint) {
                Some(node) => pending.ask = Some(node),
                None => self.hindrance = Some(Trouble::Refused(error)),
            },
        }
        self.left.push(pending);
    }
}

/// Gives the scripts that the server said it does not know, each once.
fn missing_scripts(pending: &[Pending]) -> Vec<&'static Script> {
    let mut scripts: Vec<&'static Script> = Vec::new();
    for each in pending.iter().filter(|each| each.needs_script) {
        if let Act::Call(request) = &each.task.act
            && !scripts.iter().any(|script| script.digest() == request.script.digest())
        {
            scripts.push(request.script);
        }
    }
    scripts
}

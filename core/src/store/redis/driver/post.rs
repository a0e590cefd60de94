//! A worker's place at the server: a connection on which it waits.

use std::time::{Duration, Instant};

use redis::{Cmd, cmd};

use crate::store::redis::driver::closing::Closing;
use crate::store::redis::driver::link::{Answer, Link};
use crate::store::redis::driver::locator::Locator;
use crate::store::redis::driver::marker::Marker;
use crate::store::redis::driver::shared::{CONNECT_TIMEOUT, Shared};
use crate::store::redis::driver::trouble::Trouble;
use crate::store::redis::protocol::Reply;

/// How long the server lets a worker wait at a time. Then the worker looks for itself: a marker may
/// have gone with a worker that was killed.
const BLOCK: Duration = Duration::from_secs(5);

/// A connection to wait on, used by one waiter after another.
pub(super) struct Post {
    link: Link,
    /// The server's name for the connection; `None` if it does not tell.
    client: Option<i64>,
    /// When the blocking command was sent whose answer has not come.
    since: Option<Instant>,
}

/// How a place was left.
pub(super) enum Left {
    /// No marker was handed over.
    Alone,
    /// A marker was, and nobody has looked.
    With(Marker),
    /// A marker may have been: the connection is of no further use.
    Unsure,
}

impl Post {
    pub(super) fn open(shared: &Shared, locator: &Locator) -> Result<Self, Trouble> {
        let closing = &shared.closing;
        let deadline = Instant::now() + CONNECT_TIMEOUT;
        let mut link = locator.open(&shared.address, CONNECT_TIMEOUT, closing)?;
        link.add(cmd("CLIENT").arg("ID"));
        link.send(deadline, closing)?;
        let client = match link.receive(deadline, closing)? {
            Ok(Reply::Int(client)) => Some(client),
            _ => None,
        };
        Ok(Self { link, client, since: None })
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// Tells whether the server may still hand over a marker.
    pub(super) fn is_waiting(&self) -> bool {
        self.since.is_some()
    }

    /// Has the server call when there is a marker, if it has not been asked to already.
    pub(super) fn enter(&mut self, key: &[u8], shared: &Shared) -> Result<(), Trouble> {
        if self.is_waiting() {
            return Ok(());
        }
        let now = Instant::now();
        self.link.add(cmd("BZPOPMIN").arg(key).arg(BLOCK.as_secs()));
        self.since = Some(now);
        self.link.send(now + shared.call_timeout, &shared.closing)
    }

    /// Tells whether the server should have answered by now.
    pub(super) fn is_overdue(&self, shared: &Shared) -> bool {
        self.since.is_some_and(|since| since + BLOCK + shared.call_timeout <= Instant::now())
    }

    /// Waits until `end`, or until the server calls or has had enough.
    pub(super) fn listen(
        &mut self,
        end: Instant,
        shared: &Shared,
    ) -> Result<Option<Answer>, Trouble> {
        let Some(since) = self.since else { return Ok(None) };
        let overdue = since + BLOCK + shared.call_timeout;
        let answer = self.link.receive_by(end.min(overdue), &shared.closing)?;
        if answer.is_some() {
            self.since = None;
        } else if Instant::now() >= overdue {
            return Err(Trouble::Silent { endpoint: self.link.endpoint().clone() });
        }
        Ok(answer)
    }

    /// Stops waiting. `say` sends a command on another connection, since the server reads none on
    /// one that waits.
    pub(super) fn leave(
        &mut self,
        patience: Duration,
        say: impl FnOnce(&Cmd) -> crate::error::Result<Reply>,
    ) -> Left {
        let Some(client) = self.client else { return Left::Unsure };
        if say(cmd("CLIENT").arg("UNBLOCK").arg(client)).is_err() {
            return Left::Unsure;
        }
        // It must be heard also when the handle is closed.
        match self.link.receive(Instant::now() + patience, &Closing::default()) {
            Ok(Ok(reply)) => {
                self.since = None;
                Marker::read(reply).map_or(Left::Alone, Left::With)
            }
            _ => Left::Unsure,
        }
    }
}

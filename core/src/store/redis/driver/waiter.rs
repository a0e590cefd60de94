//! Waiting for work at the server.

use std::fmt;
use std::time::{Duration, Instant};

use redis::Cmd;

use crate::error::{Error, ErrorCode, Result};
use crate::store::redis::driver::calls::Calls;
use crate::store::redis::driver::marker::Marker;
use crate::store::redis::driver::patience::Patience;
use crate::store::redis::driver::post::{Left, Post};
use crate::store::redis::driver::socket::Socket;
use crate::store::redis::driver::trouble::Trouble;
use crate::store::redis::driver::waiting::Waiting;
use crate::store::redis::protocol::{Remedy, Reply, ServerError};

/// The longest that one [`Waiter::wait`] lasts, so that no sum of times overflows.
const MAX_WAIT: Duration = Duration::from_secs(3600);

/// How long a word of farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Gives the moment at which a wait of that length ends.
pub(super) fn end_of(timeout: Duration) -> Instant {
    Instant::now() + timeout.min(MAX_WAIT)
}

/// A worker that waits for a marker under a key: a sorted set that has a member when there is work.
/// One worker takes the marker, and looks.
///
/// When dropped, it leaves the line, which may block for as long as a call that goes wrong: a marker
/// that it was handed meanwhile is put back for another worker.
pub struct Waiter<'a> {
    calls: &'a Calls,
    key: Vec<u8>,
    /// The connection, kept between waits.
    post: Option<Post>,
    /// The marker that ended the last wait.
    taken: Option<Marker>,
    /// Whether another worker is to be called when this one leaves.
    passes_on: bool,
    /// Whether no other waits for the same marker.
    is_alone: bool,
    patience: Patience,
}

impl<'a> Waiter<'a> {
    pub(super) fn new(calls: &'a Calls, key: Vec<u8>) -> Self {
        Self {
            calls,
            key,
            post: None,
            taken: None,
            passes_on: false,
            is_alone: false,
            patience: Patience::default(),
        }
    }

    /// Sleeps until there may be work, until `timeout` has passed, or for some seconds; the caller
    /// looks for work whenever it returns. Many short waits cost the server no more than a long one.
    ///
    /// It also returns when the connection was lost; the next wait makes a new one.
    ///
    /// # Errors
    /// `Closed`; `InvalidArgument` or `Unsupported`, in the server's words, if it does not let this
    /// user wait.
    pub fn wait(&mut self, timeout: Duration) -> Result<()> {
        self.begin()?;
        let shared = self.calls.shared();
        let end = end_of(timeout);
        if let Waiting::Poll(every) = shared.address.waiting {
            return shared.closing.sleep_until(end.min(Instant::now() + every));
        }
        match self.enter().and_then(|()| self.listen(end)) {
            Ok(_) => Ok(()),
            Err(trouble) => {
                let next = self.next_try(trouble)?;
                shared.closing.sleep_until(next.min(end))
            }
        }
    }

    /// Forgets the marker of the last wait.
    pub(super) fn begin(&mut self) -> Result<()> {
        self.taken = None;
        self.check_open()
    }

    /// Gives `Closed` once the handle is closed.
    pub(super) fn check_open(&self) -> Result<()> {
        self.calls.shared().closing.check()
    }

    pub(super) fn waiting(&self) -> Waiting {
        self.calls.shared().address.waiting
    }

    pub(super) fn sleep_until(&self, end: Instant) -> Result<()> {
        self.calls.shared().closing.sleep_until(end)
    }

    /// Gives the socket on which the server will answer.
    pub(super) fn socket(&self) -> Option<&Socket> {
        self.post.as_ref().filter(|post| post.is_waiting()).map(|post| post.link().socket())
    }

    pub(super) fn is_overdue(&self) -> bool {
        self.post.as_ref().is_some_and(|post| post.is_overdue(self.calls.shared()))
    }

    /// Gives the moment at which to go into line again after a trouble that may pass.
    pub(super) fn next_try(&mut self, trouble: Trouble) -> Result<Instant> {
        if let Trouble::Final(error) = trouble {
            return Err(error);
        }
        log::debug!("a worker lost its place: {}", Error::from(trouble));
        Ok(self.patience.next_try())
    }

    /// Tells whether the last wait ended because a marker was taken.
    pub fn rung(&self) -> bool {
        self.taken.is_some()
    }

    /// Gives the name of the marker that ended the last wait.
    pub fn taken(&self) -> Option<&[u8]> {
        self.taken.as_ref().map(Marker::member)
    }

    /// Tells whether the worker is still in line: the last wait ended because its time had passed.
    pub fn is_in_line(&self) -> bool {
        self.post.as_ref().is_some_and(Post::is_waiting)
    }

    /// Has another worker called when this one leaves: it did not look for the work that it was
    /// called to, or it was the one to look when something is due.
    pub fn pass_on(&mut self) {
        self.passes_on = true;
    }

    /// Has nobody called in its stead when it leaves: no other waits for the same marker.
    pub fn stand_alone(&mut self) {
        self.is_alone = true;
    }

    /// Goes into line, if it is not there already.
    pub(super) fn enter(&mut self) -> std::result::Result<(), Trouble> {
        let kept = self.post.take().filter(|post| post.link().is_ours());
        let mut post = match kept {
            Some(post) => post,
            None => self.calls.post()?,
        };
        let entered = post.enter(&self.key, self.calls.shared());
        self.keep(post, entered)
    }

    /// Waits in line until `end`; tells whether it has left the line, called or sent away.
    pub(super) fn listen(&mut self, end: Instant) -> std::result::Result<bool, Trouble> {
        let Some(mut post) = self.post.take() else { return Ok(true) };
        let heard = post.listen(end, self.calls.shared());
        let is_over = match heard {
            Ok(Some(Err(error))) => return Err(self.refused(error, &post)),
            Ok(Some(Ok(reply))) => {
                self.taken = Marker::read(reply);
                self.patience = Patience::default();
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(trouble) => Err(trouble),
        };
        self.keep(post, is_over)
    }

    /// Keeps the place if nothing went wrong, or if the handle was closed: that breaks no connection,
    /// and the place is left in good order.
    fn keep<T>(
        &mut self,
        post: Post,
        done: std::result::Result<T, Trouble>,
    ) -> std::result::Result<T, Trouble> {
        if done.is_ok() || self.calls.shared().closing.check().is_err() {
            self.post = Some(post);
        }
        done
    }

    /// What a refused wait means to the next one.
    fn refused(&self, error: ServerError, post: &Post) -> Trouble {
        match error.remedy() {
            Remedy::Tell => {
                let told = error.error();
                Trouble::Final(match told.code() {
                    ErrorCode::InvalidArgument | ErrorCode::Unsupported => {
                        let message =
                            format!("{}: the url's wait=poll does without", told.message());
                        Error::new(told.code(), message)
                    }
                    _ => told,
                })
            }
            Remedy::Moved(target) => {
                self.calls.moved(&target, post.link().endpoint());
                Trouble::Refused(error)
            }
            Remedy::Locate => {
                self.calls.lost(post.link().endpoint());
                Trouble::Refused(error)
            }
            _ => Trouble::Refused(error),
        }
    }

    /// Leaves the line; gives the marker that somebody else should have, if there is one.
    fn leave(&mut self, is_closed: bool) -> Option<Marker> {
        let mut post = self.post.take().filter(|post| post.link().is_ours())?;
        if !post.is_waiting() {
            if !is_closed {
                self.calls.park(post);
            }
            // A closed handle did not look for the work that it was called to.
            return self.taken.take().filter(|_| is_closed);
        }
        match post.leave(FAREWELL, |unblock| self.say(unblock, is_closed)) {
            Left::With(marker) => Some(marker),
            Left::Unsure => Some(Marker::some()),
            Left::Alone => {
                if !is_closed {
                    self.calls.park(post);
                }
                None
            }
        }
    }

    /// Says something on another connection: a new one, if the handle is closed.
    fn say(&self, command: &Cmd, is_closed: bool) -> Result<Reply> {
        if is_closed {
            self.calls.say_apart(command, FAREWELL)
        } else {
            self.calls.command_within(command.clone(), FAREWELL)
        }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let is_closed = self.calls.shared().closing.check().is_err();
        let left = self.leave(is_closed);
        let passed_on = left.or_else(|| self.passes_on.then(Marker::some));
        if let Some(marker) = passed_on.filter(|_| !self.is_alone)
            && let Err(error) = self.say(&marker.ring(&self.key), is_closed)
        {
            log::debug!("a waiting worker may be called late: {error}");
        }
    }
}

impl fmt::Debug for Waiter<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Waiter").field("rung", &self.rung()).finish_non_exhaustive()
    }
}

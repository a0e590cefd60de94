//! Results: what a completed job has left behind.

use std::time::Duration;

use web_time::Instant;

use crate::error::{Error, Result};
use crate::queue::Queue;
use crate::store::{Ear, Fate, News, Store};
use crate::token::JobId;

impl Queue {
    /// Gives the result of a job, waiting up to `wait` for the job to end; `None`, at once, if it has
    /// ended and no result of it is kept: none was given, its time is over, or the job was
    /// cancelled. Reading a result leaves it where it is.
    ///
    /// While it waits the thread sleeps: the end of the job wakes it, whichever process ends it.
    ///
    /// # Errors
    /// `JobFailed` if the job is dead; `Timeout` if it has not ended; `InvalidArgument` if no push
    /// gave that id; `Closed`; those of the store.
    pub fn result(&self, id: JobId, wait: Duration) -> Result<Option<Vec<u8>>> {
        self.result_checked(id, wait, Duration::MAX, &mut || Ok(()))
    }

    /// Does what [`Queue::result`] does and calls `check` at least every `interval` while it waits:
    /// an error from it ends the wait. The door for hosts whose waits can be interrupted.
    ///
    /// # Errors
    /// As [`Queue::result`], and what `check` gives.
    pub fn result_checked<E: From<Error>>(
        &self,
        id: JobId,
        wait: Duration,
        interval: Duration,
        check: &mut dyn FnMut() -> Result<(), E>,
    ) -> Result<Option<Vec<u8>>, E> {
        if wait.is_zero() {
            return Ok(self
                .store
                .fate(id)?
                .told(id)
                .unwrap_or_else(|| Err(id.unfinished(wait)))?);
        }
        let deadline = Instant::now().checked_add(wait);
        let ear = Ear::next();
        let mut listener = self.store.listener(ear, Some(id))?;
        let mut awaited = Awaited { store: &*self.store, id, ear, is_open: false };
        let mut news = News::Unknown;
        loop {
            let left = deadline.map_or(Duration::MAX, |end| end.duration_since(Instant::now()));
            if (news != News::Nothing || left.is_zero())
                && let Some(told) = awaited.look()?.told(id)
            {
                return Ok(told?);
            }
            if left.is_zero() {
                return Err(id.unfinished(wait).into());
            }
            check()?;
            news = listener.wait(left.min(interval))?;
        }
    }
}

/// A job whose end a listener waits for until this is dropped.
struct Awaited<'a> {
    store: &'a dyn Store,
    id: JobId,
    ear: Ear,
    is_open: bool,
}

impl Awaited<'_> {
    fn look(&mut self) -> Result<Fate> {
        let fate = self.store.await_end(self.id, self.ear)?;
        self.is_open = fate == Fate::Open;
        Ok(fate)
    }
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        if self.is_open
            && let Err(error) = self.store.give_up(self.id, self.ear)
        {
            log::debug!("a job's end will call for nothing: {error}");
        }
    }
}

//! A thread that waits for the end of a job.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use web_time::Instant;

use crate::error::{Error, Result};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::bell::Woken;
use crate::store::sqlite::engine::Engine;
use crate::store::{Fate, Listener};

/// After how long a listener looks without having been called: a call may have gone to a process
/// that was being killed.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// A thread that waits for the end of a job.
pub(super) struct SqliteListener<'a> {
    store: &'a SqliteStore,
    engine: Arc<Engine>,
    /// The incarnation of this process.
    owner: i64,
    job: i64,
    sleeper: u64,
    /// When it last looked; `None` before its wish to be called stands in the file.
    looked: Option<Instant>,
}

impl<'a> SqliteListener<'a> {
    pub(super) fn enter(store: &'a SqliteStore, job: i64) -> Result<Self> {
        let engine = store.engine()?;
        let owner = engine.owner(&store.terms)?;
        // Before the file says so: who gives up waiting for this job finds this sleeper.
        let sleeper = engine.bell.enter(Some(job));
        Ok(Self { store, engine, owner, job, sleeper, looked: None })
    }
}

impl Listener for SqliteListener<'_> {
    fn look(&mut self) -> Result<Fate> {
        let job = self.job;
        let is_first = self.looked.replace(Instant::now()).is_none();
        if is_first {
            return self.store.change(false, self.owner, move |call| call.await_end(job));
        }
        let clock = Arc::clone(&self.store.terms.clock);
        self.store.look(move |call| call.fate(job, clock.now()))
    }

    fn wait(&mut self, timeout: Duration) -> Result<bool> {
        let until_look =
            self.looked.map_or(Duration::ZERO, |at| LOOK_AGAIN.saturating_sub(at.elapsed()));
        let woken = self.engine.bell.sleep(self.sleeper, timeout.min(until_look));
        if self.store.is_closed.load(Ordering::Acquire) {
            return Err(Error::closed());
        }
        if woken == Woken::Tick {
            self.engine.look_after_the_dead(&self.store.terms)?;
        }
        Ok(woken == Woken::Rung || until_look.is_zero())
    }
}

impl Drop for SqliteListener<'_> {
    fn drop(&mut self) {
        self.engine.bell.leave(self.sleeper);
        if self.looked.is_none() || !self.engine.is_ours() {
            return;
        }
        let (job, bell) = (self.job, Arc::clone(&self.engine.bell));
        let given_up = self.store.change(false, self.owner, move |call| {
            // Another thread may have come to wait for the same: it entered before it wrote.
            if bell.awaits(job) { Ok(()) } else { call.give_up_awaiting(job) }
        });
        if let Err(error) = given_up {
            log::debug!("a job's end will call for nothing: {error}");
        }
    }
}

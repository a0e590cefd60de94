//! A thread that waits for the ends of jobs.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use web_time::Instant;

use crate::error::{Error, Result};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::bell::{Purpose, Woken};
use crate::store::sqlite::engine::Engine;
use crate::store::sqlite::queue_row::{job_range, number_of};
use crate::store::{Ear, Fate, Listener, News};
use crate::token::JobId;

/// After how long a listener looks without having been called: a call may have gone to a process
/// that was being killed.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// A thread that waits for the ends of jobs.
pub(super) struct SqliteListener<'a> {
    store: &'a SqliteStore,
    engine: Arc<Engine>,
    sleeper: u64,
    /// When it last looked which of its jobs have ended.
    looked: Instant,
}

/// Learns of the ends of jobs, for a host that cannot sleep: it asks when something has changed.
/// Dropping it leaves the store.
pub struct Ends {
    engine: Arc<Engine>,
    sleeper: u64,
}

impl SqliteStore {
    /// Enters a host that cannot sleep; [`crate::store::Store::await_end`] says of which jobs it
    /// learns.
    ///
    /// # Errors
    /// `Closed`; those of the store.
    pub fn ends(&self, ear: Ear) -> Result<Ends> {
        let engine = self.engine()?;
        let sleeper = engine.bell.enter(Purpose::Ends(ear));
        Ok(Ends { engine, sleeper })
    }

    /// Enters a listener.
    pub(super) fn listen(&self, ear: Ear) -> Result<SqliteListener<'_>> {
        let engine = self.engine()?;
        // Other processes call a slot: without one this process would be deaf.
        engine.owner(&self.terms)?;
        let sleeper = engine.bell.enter(Purpose::Ends(ear));
        Ok(SqliteListener { store: self, engine, sleeper, looked: Instant::now() })
    }

    /// Looks what has become of a job; if it has not ended, its end calls that listener.
    pub(super) fn await_row(&self, job: i64, ear: Ear) -> Result<Fate> {
        let engine = self.engine()?;
        // Before the file says so: who gives up waiting for this job finds that another waits.
        if !engine.bell.listen_for(ear, job) {
            return self.fate_of(job);
        }
        let owner = engine.owner(&self.terms)?;
        let fate = self.change(false, owner, move |call| call.await_end(job));
        if !matches!(fate, Ok(Fate::Open)) {
            engine.bell.forget(ear, job);
        }
        fate
    }

    /// Has the end of a job call that listener no longer.
    pub(super) fn give_up_row(&self, job: i64, ear: Ear) -> Result<()> {
        let engine = self.engine()?;
        if !engine.bell.forget(ear, job) {
            return Ok(());
        }
        let (owner, bell) = (engine.owner(&self.terms)?, Arc::clone(&engine.bell));
        self.change(false, owner, move |call| {
            if bell.awaits(job) { Ok(()) } else { call.give_up_awaiting(job) }
        })
    }
}

impl SqliteListener<'_> {
    /// Lists those of its jobs whose rows have gone: who ends a job deletes them, and another process
    /// says no more than that it has done so. One read tells it of all, however many there are.
    fn settled(&self) -> Result<Vec<i64>> {
        // Before the rows: a job that is entered meanwhile is looked at by whoever enters it.
        let jobs = self.engine.bell.jobs(self.sleeper);
        let owner = self.engine.owner(&self.store.terms)?;
        let range = job_range(self.store.terms.queue);
        let awaited = self.store.look(move |call| call.awaited_by(range, owner))?;
        Ok(jobs.into_iter().filter(|job| !awaited.contains(job)).collect())
    }
}

impl Listener for SqliteListener<'_> {
    fn wait(&mut self, timeout: Duration) -> Result<News> {
        let until_look = LOOK_AGAIN.saturating_sub(self.looked.elapsed());
        let woken = self.engine.bell.sleep(self.sleeper, timeout.min(until_look));
        if self.store.is_closed.load(Ordering::Acquire) {
            return Err(Error::closed());
        }
        if woken == Woken::Tick {
            self.engine.look_after_the_dead(&self.store.terms)?;
        }
        let ended = match woken {
            Woken::Rung => self.engine.bell.ended(self.sleeper),
            _ if until_look.is_zero() => None,
            _ => return Ok(News::Nothing),
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                self.looked = Instant::now();
                self.settled()?
            }
        };
        Ok(News::Ends(ended.into_iter().map(|job| JobId(number_of(job))).collect()))
    }
}

impl Drop for SqliteListener<'_> {
    fn drop(&mut self) {
        self.engine.bell.leave(self.sleeper);
    }
}

impl Ends {
    /// Gives those of its jobs that have ended since it was asked last.
    pub fn take(&self) -> Vec<JobId> {
        // Who never sleeps has only this to answer the ring by.
        self.engine.bell.sleep(self.sleeper, Duration::ZERO);
        let ended = self.engine.bell.ended(self.sleeper).unwrap_or_default();
        ended.into_iter().map(|job| JobId(number_of(job))).collect()
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.engine.bell.leave(self.sleeper);
    }
}

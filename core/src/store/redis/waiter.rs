//! A worker that waits for work at a server.

use std::time::Duration;

use crate::clock::Millis;
use crate::error::Result;
use crate::store::{Ask, Batch, Waiter};

use super::protocol::Manner;
use super::{Carrier, Place, RedisStore};

/// A worker that waits for the marker at the server.
pub(super) struct RedisWaiter<'a, C: Carrier> {
    store: &'a RedisStore<C>,
    place: C::Place<'a>,
    /// When it is to look again, if it found nothing and others may rely on that.
    watches: Option<Millis>,
    /// Whether a tick had come that was to be fired: then it looks again, for the next one.
    had_tick: bool,
    /// Whether it has looked for the work that it was called to.
    has_looked: bool,
}

impl<'a, C: Carrier> RedisWaiter<'a, C> {
    pub(super) fn new(store: &'a RedisStore<C>, place: C::Place<'a>) -> Self {
        Self { store, place, watches: None, had_tick: false, has_looked: true }
    }

    /// Gives the place to whoever waits with it; it must look for work afterwards.
    pub(super) fn place_to_wait(&mut self) -> &mut C::Place<'a> {
        self.has_looked = false;
        &mut self.place
    }

    /// Tells whether nothing but time has passed since it looked: a host that wants to be asked for
    /// signals many times a second costs the server nothing.
    fn knows_better(&self) -> bool {
        let is_due = || self.watches.is_some_and(|due| due <= self.store.clock.now());
        self.place.is_in_line() && self.store.clock.runs() && !is_due() && !self.had_tick
    }
}

impl<C: Carrier> Waiter for RedisWaiter<'_, C> {
    fn pop(&mut self, ask: Ask) -> Result<Batch> {
        if self.knows_better() {
            return Ok(Batch { next_due: self.watches, ..Batch::default() });
        }
        let rung = self.place.rung();
        let manner = Manner { sleeps: true, rung, watches: self.watches.is_some() };
        let batch = self.store.pop_as(ask, manner)?;
        self.has_looked = true;
        self.had_tick = batch.has_tick;
        self.watches = batch.next_due.filter(|_| batch.jobs.is_empty());
        Ok(batch)
    }

    fn wait(&mut self, timeout: Duration) -> Result<()> {
        self.place_to_wait().wait(timeout)
    }
}

impl<C: Carrier> Drop for RedisWaiter<'_, C> {
    /// Another worker is to look in its stead.
    fn drop(&mut self) {
        let is_called = self.place.rung() && !self.has_looked;
        if self.watches.is_some() || is_called {
            self.place.pass_on();
        }
    }
}

//! A thread that waits at a server for the end of a job.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::Result;
use crate::store::{Fate, Listener, Store};
use crate::token::JobId;

use super::{Carrier, Place, RedisStore};

/// A thread that waits at a server for the end of a job, on a connection of its own. The server
/// keeps it in mind for some seconds; the place lets it ask again before that.
pub(super) struct RedisListener<'a, C: Carrier> {
    store: &'a RedisStore<C>,
    place: C::Place<'a>,
    id: JobId,
    /// By which the server tells it from others who wait for the same job.
    name: String,
}

impl<'a, C: Carrier> RedisListener<'a, C> {
    pub(super) fn enter(store: &'a RedisStore<C>, id: JobId) -> Result<Self> {
        static ENTERED: AtomicU64 = AtomicU64::new(0);
        let number = ENTERED.fetch_add(1, Ordering::Relaxed);
        let name = format!("{:08x}.{number}", store.protocol.tag_seed());
        let mut place = store.carrier.place(&store.protocol.done_key(id))?;
        place.stand_alone();
        Ok(Self { store, place, id, name })
    }
}

impl<C: Carrier> Listener for RedisListener<'_, C> {
    fn look(&mut self) -> Result<Fate> {
        if self.place.polls() {
            return self.store.fate(self.id);
        }
        let store = self.store;
        let reply = store.call(store.protocol.await_end(self.id, &self.name, store.injected()))?;
        store.protocol.read_fate(reply, self.id)
    }

    fn wait(&mut self, timeout: Duration) -> Result<bool> {
        self.place.wait(timeout)?;
        Ok(!self.place.is_in_line())
    }
}

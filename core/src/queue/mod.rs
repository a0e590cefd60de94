//! The facade: validates what comes in, waits, and leaves the rest to the store.

use std::fmt;
use std::sync::Arc;

use crate::clock::{Clock, Millis};
use crate::error::Result;
use crate::job::validate_name;
use crate::options::QueueOptions;
use crate::random::Random;
use crate::store::{Dump, Store};

mod archive;
mod consume;
mod holds;
mod lanes;
mod look;
mod open;
mod produce;
mod result_waits;
mod results;
mod schedule;
mod waiting;

pub use consume::MAX_BATCH;
pub(crate) use holds::lease_of_holds;
pub use result_waits::{ResultTold, ResultWaits};
pub use waiting::Waiting;

#[cfg(feature = "cli")]
pub(crate) use open::absolute_url;

/// One named queue in one store.
///
/// A handle is cheap to clone; clones share everything. It may be used from any number of threads.
/// Dropping the last clone closes the store, as [`Queue::close`] does; jobs in flight keep their
/// leases until those lapse or, in an embedded store, until the process ends.
#[derive(Clone)]
pub struct Queue {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    max_payload: usize,
    name: Arc<str>,
}

impl Queue {
    /// Makes a queue on a store of the caller's: the door for further stores and for tests.
    ///
    /// # Errors
    /// `InvalidArgument` if the name or an option is not accepted.
    pub fn on(store: Arc<dyn Store>, name: &str, options: &QueueOptions) -> Result<Self> {
        validate_name("queue", name)?;
        options.validate()?;
        Ok(Self {
            store,
            clock: Arc::clone(&options.clock),
            random: Arc::clone(&options.random),
            max_payload: options.max_payload,
            name: name.into(),
        })
    }

    /// Gives the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Closes this handle and its clones: every waiting pop ends with `Closed`, and so does every
    /// later call. Closing again is harmless. Jobs in flight keep their leases.
    pub fn close(&self) {
        self.store.close();
    }

    /// Gives the whole state of the queue in a form in which equal states are equal; for tests and
    /// for people who look for the cause of something. Costs time and memory for every job.
    ///
    /// # Errors
    /// Those of the store.
    pub fn dump(&self) -> Result<Dump> {
        self.store.dump()
    }

    fn now(&self) -> Millis {
        self.clock.now()
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Queue").field("name", &self.name).finish_non_exhaustive()
    }
}

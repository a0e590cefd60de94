//! Holds: keys that processes take for work of their own.

use std::time::Duration;

use crate::clock::{Millis, millis};
use crate::error::{Error, Result};
use crate::job::{validate_name, validate_span};
use crate::queue::Queue;
use crate::store::{Held, NewHold};

impl Queue {
    /// Takes keys that nobody else holds, for at least `lease`; tells for each whether its owner has
    /// it. [`crate::BackgroundProcessor`] does all that follows from it; this is the door for hosts
    /// that run background work by themselves.
    ///
    /// # Errors
    /// `InvalidArgument` if a key, a backoff or the lease is out of range; those of the store.
    pub fn hold(&self, holds: Vec<NewHold>, lease: Duration) -> Result<Vec<bool>> {
        for hold in &holds {
            validate_name("key", &hold.key)?;
            validate_span("remote_backoff", hold.backoff)?;
        }
        self.store.hold(holds, lease_of_holds(lease)?)
    }

    /// Makes holds last at least `lease` from now; tells for each whether its owner has it still.
    ///
    /// # Errors
    /// `InvalidArgument` if the lease is out of range; those of the store.
    pub fn keep(&self, holds: Vec<Held>, lease: Duration) -> Result<Vec<bool>> {
        self.store.keep(holds, lease_of_holds(lease)?)
    }

    /// Ends holds: once their backoff has passed too, or at once if the work was not done. One that
    /// is lost, or was freed by [`Queue::bump_holds`], stays as it is, whoever has its key.
    ///
    /// # Errors
    /// Those of the store.
    pub fn let_go(&self, holds: Vec<Held>, is_done: bool) -> Result<()> {
        self.store.let_go(holds, is_done)
    }

    /// Ends all holds of the queue, everywhere.
    ///
    /// # Errors
    /// Those of the store.
    pub fn bump_holds(&self) -> Result<()> {
        self.store.bump_holds()
    }
}

/// Checks the lease of holds.
pub(crate) fn lease_of_holds(lease: Duration) -> Result<Millis> {
    let lease = millis(lease);
    if lease == 0 {
        return Err(Error::invalid("lease 0 ms is out of range: accepted is 1 ms or more"));
    }
    validate_span("lease", lease)?;
    Ok(lease)
}

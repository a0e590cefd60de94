//! How a queue is opened.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::error::{Error, Result};
use crate::random::{Random, SystemRandom};

/// The highest [`QueueOptions::max_payload`]: 512 MiB.
pub const MAX_PAYLOAD: usize = 512 << 20;

/// What a push that returned survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Survives kill -9 and power loss: each commit of a push waits for the disk.
    #[default]
    Full,
    /// Survives kill -9; a power loss may take the last milliseconds.
    Normal,
}

impl Durability {
    /// Gives the name that every host shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Normal => "normal",
        }
    }
}

impl FromStr for Durability {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        [Self::Full, Self::Normal].into_iter().find(|it| it.name() == name).ok_or_else(|| {
            Error::invalid(format!(
                "durability {name:?} is not known: accepted are full and normal"
            ))
        })
    }
}

/// The options of [`crate::Queue::open_with`]; all have defaults.
#[derive(Clone)]
pub struct QueueOptions {
    /// What a push that returned survives; [`Durability::Full`] by default.
    pub durability: Durability,
    /// Whether a file that is not there is made; true by default. If not, opening gives
    /// `Unavailable`.
    pub create: bool,
    /// Whether leases of this handle outlive its process; false by default: an embedded store gives
    /// back the jobs of a process that has ended at once. Scripts set it that pop in one process
    /// and end the delivery in another.
    pub keep_leases: bool,
    /// The longest payload in bytes; 16 MiB by default, at most 512 MiB.
    pub max_payload: usize,
    /// How many dead jobs the archive keeps; the oldest go first. 10,000 by default.
    pub max_failed: u64,
    /// How long a call may wait for other processes to let go of the file before it gives
    /// `Timeout`, or go on trying to reach a Redis server that is away or not ready; 10 s by
    /// default.
    pub busy_timeout: Duration,
    /// How long a Redis server may take to answer before its connection counts as lost and the call
    /// is sent again; 5 s by default. Embedded stores do without.
    pub call_timeout: Duration,
    /// Where the time comes from; the system clock by default.
    pub clock: Arc<dyn Clock>,
    /// Where jitter comes from; the system by default.
    pub random: Arc<dyn Random>,
}

impl Default for QueueOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Full,
            create: true,
            keep_leases: false,
            max_payload: 16 << 20,
            max_failed: 10_000,
            busy_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(5),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        }
    }
}

impl QueueOptions {
    /// Checks the ranges.
    ///
    /// # Errors
    /// `InvalidArgument` names the option that is out of range.
    pub fn validate(&self) -> Result<()> {
        if !(1..=MAX_PAYLOAD).contains(&self.max_payload) {
            return Err(Error::invalid(format!(
                "max_payload {} is out of range: accepted are 1 to {MAX_PAYLOAD} bytes",
                self.max_payload
            )));
        }
        Ok(())
    }
}

impl fmt::Debug for QueueOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("QueueOptions")
            .field("durability", &self.durability)
            .field("create", &self.create)
            .field("keep_leases", &self.keep_leases)
            .field("max_payload", &self.max_payload)
            .field("max_failed", &self.max_failed)
            .field("busy_timeout", &self.busy_timeout)
            .field("call_timeout", &self.call_timeout)
            .finish_non_exhaustive()
    }
}

//! Holds: keys that processes take for work of their own.

use crate::clock::Millis;

/// Whose a hold is: drawn for each hold, so that nobody ends one that was taken after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner(pub u64);

/// A key to be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHold {
    /// The key.
    pub key: String,
    /// Who takes it.
    pub owner: Owner,
    /// How long from now on the key stays taken even if it is let go before, in milliseconds.
    pub backoff: Millis,
}

/// A hold, named by its key and its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The key.
    pub key: String,
    /// Who took it.
    pub owner: Owner,
}

/// A hold in a [`super::Dump`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldDump {
    /// The key.
    pub key: String,
    /// Who took it.
    pub owner: Owner,
    /// The moment before which letting it go does not free it.
    pub kept_until: Millis,
    /// When it is over, as things stand.
    pub ends_at: Millis,
}

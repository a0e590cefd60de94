//! What all connections of one handle have in common.

use std::time::Duration;

use crate::store::redis::driver::address::Address;
use crate::store::redis::driver::closing::Closing;

/// How long it may take to connect, log in included.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What all connections of one handle have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) address: Address,
    /// How long a server may take to answer before it counts as gone.
    pub(super) call_timeout: Duration,
    /// How long a call may go on trying.
    pub(super) busy_timeout: Duration,
    pub(super) closing: Closing,
}

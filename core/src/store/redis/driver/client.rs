//! The driver as the store knows it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::error::Result;
use crate::options::QueueOptions;
use crate::store::redis::carrier::{Carrier, Place};
use crate::store::redis::driver::{Address, Calls, Waiter};
use crate::store::redis::protocol::{Reply, Request, evicting_policy};

/// Makes calls to a server, and says so if that server may throw jobs away.
pub struct Client {
    calls: Calls,
    /// Whether the server has been asked what it does when it has no memory left.
    is_policy_known: AtomicBool,
}

impl Client {
    /// Makes a client; connects at the first call.
    ///
    /// # Errors
    /// `Internal` if the system gives no random numbers.
    pub fn new(address: Address, options: &QueueOptions) -> Result<Self> {
        Ok(Self { calls: Calls::new(address, options)?, is_policy_known: AtomicBool::new(false) })
    }

    /// Says so if the server may throw jobs away. One that does not tell is trusted.
    fn warn_of_eviction(&self) {
        let Ok(Reply::Bytes(info)) = self.calls.command(&["INFO", "memory"]) else { return };
        if let Some(policy) = evicting_policy(&info) {
            log::warn!(
                "redis server deletes jobs when its memory is full: its maxmemory-policy is \
                 {policy}, safe are noeviction and those that begin with volatile"
            );
        }
    }
}

impl Carrier for Client {
    type Place<'a> = Waiter<'a>;

    fn call(&self, request: Request) -> Result<Reply> {
        let reply = self.calls.call(request)?;
        if !self.is_policy_known.load(Ordering::Relaxed)
            && !self.is_policy_known.swap(true, Ordering::Relaxed)
        {
            self.warn_of_eviction();
        }
        Ok(reply)
    }

    fn place(&self, key: &[u8]) -> Result<Waiter<'_>> {
        Ok(self.calls.waiter(key))
    }

    fn polls(&self) -> bool {
        self.calls.polls()
    }

    fn close(&self) {
        self.calls.close();
    }
}

impl Place for Waiter<'_> {
    fn wait(&mut self, timeout: Duration) -> Result<()> {
        Waiter::wait(self, timeout)
    }

    fn taken(&self) -> Option<&[u8]> {
        Waiter::taken(self)
    }

    fn is_in_line(&self) -> bool {
        Waiter::is_in_line(self)
    }

    fn pass_on(&mut self) {
        Waiter::pass_on(self);
    }

    fn stand_alone(&mut self) {
        Waiter::stand_alone(self);
    }
}

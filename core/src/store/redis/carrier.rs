//! What brings requests to a server.

use std::time::Duration;

use crate::error::Result;

use super::protocol::{Reply, Request};

/// Brings requests to a server, and replies back: the blocking driver, or
/// [`super::replay`] for hosts with a client of their own.
pub trait Carrier: Send + Sync {
    /// Where a worker waits.
    type Place<'a>: Place
    where
        Self: 'a;

    /// Carries out a request.
    ///
    /// # Errors
    /// What the server refuses, in its words; what hindered the carrier.
    fn call(&self, request: Request) -> Result<Reply>;

    /// Enters a worker that waits for the marker under `key`.
    ///
    /// # Errors
    /// `Unsupported`, if waiting is none of the carrier's business.
    fn place(&self, key: &[u8]) -> Result<Self::Place<'_>>;

    /// Tells whether waits just last a while, without a call by the server.
    fn polls(&self) -> bool;

    /// Ends all calls and waits with `Closed`.
    fn close(&self);
}

/// A worker's place in the line for the marker. Dropping it leaves the line.
pub trait Place {
    /// Sleeps until there may be work, until `timeout` has passed, or for some seconds.
    ///
    /// # Errors
    /// `Closed`; what the server refuses.
    fn wait(&mut self, timeout: Duration) -> Result<()>;

    /// Tells whether the last wait ended because the marker was taken.
    fn rung(&self) -> bool {
        self.taken().is_some()
    }

    /// Gives the name of the marker that ended the last wait.
    fn taken(&self) -> Option<&[u8]>;

    /// Tells whether the worker is still in line: the last wait ended because its time had passed.
    fn is_in_line(&self) -> bool;

    /// Has another worker called when this one leaves.
    fn pass_on(&mut self);

    /// Has nobody called in its stead when it leaves: what it waits for concerns it alone.
    fn stand_alone(&mut self);
}

//! Holds of keys.

use crate::clock::Millis;
use crate::error::Result;
use crate::store::{Held, NewHold, Owner};

use super::{Protocol, Reply, Request, scripts};

impl Protocol {
    /// Takes keys that nobody else holds.
    pub fn hold(&self, holds: &[NewHold], lease: Millis, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::HOLD, clock);
        request.push(lease.to_string());
        for NewHold { key, owner, backoff } in holds {
            request.push(key.as_bytes());
            request.push(bytes(*owner));
            request.push(backoff.to_string());
        }
        request
    }

    /// Makes holds last from now.
    pub fn keep(&self, holds: &[Held], lease: Millis, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::KEEP, clock);
        request.push(lease.to_string());
        add(&mut request, holds);
        request
    }

    /// Ends holds.
    pub fn let_go(&self, holds: &[Held], is_done: bool, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::LET_GO, clock);
        request.push(if is_done { "1" } else { "0" });
        add(&mut request, holds);
        request
    }

    /// Reads, for each hold, whether its owner has it.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_holds(&self, reply: Reply) -> Result<Vec<bool>> {
        let told = reply.list()?.into_iter();
        told.map(|told| Ok(told.int()? == 1)).collect()
    }

    /// Ends all holds.
    pub fn bump_holds(&self, clock: Option<Millis>) -> Request {
        self.request(&scripts::BUMP_HOLDS, clock)
    }
}

fn add(request: &mut Request, holds: &[Held]) {
    for Held { key, owner } in holds {
        request.push(key.as_bytes());
        request.push(bytes(*owner));
    }
}

/// The script language has no whole numbers of that size: it gets to see bytes.
fn bytes(owner: Owner) -> [u8; 8] {
    owner.0.to_le_bytes()
}

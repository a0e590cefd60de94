//! Holds of keys.

use crate::clock::Millis;
use crate::error::Result;
use crate::store::{Held, NewHold, Owner};

use super::script::Script;
use super::{Protocol, Reply, Request, scripts};

/// Which script does a verb of holds.
///
/// One that is sent again, its reply lost, is done again: holds know their owner.
#[derive(Debug, Clone, Copy)]
pub enum Case {
    /// The short one; it answers nil, and has changed nothing, if the case is not plain.
    Plain,
    /// The one for every case.
    General,
}

impl Protocol {
    /// Takes keys that nobody else holds.
    pub fn hold(
        &self,
        case: Case,
        holds: &[NewHold],
        lease: Millis,
        clock: Option<Millis>,
    ) -> Request {
        let script = case.of(&scripts::PLAIN_HOLD, &scripts::HOLD);
        let mut request = self.request(script, clock);
        request.push(lease.to_string());
        for NewHold { key, owner, backoff } in holds {
            request.push(key.as_bytes());
            request.push(bytes(*owner));
            request.push(backoff.to_string());
        }
        request
    }

    /// Makes holds last from now.
    pub fn keep(
        &self,
        case: Case,
        holds: &[Held],
        lease: Millis,
        clock: Option<Millis>,
    ) -> Request {
        let mut request = self.request(case.of(&scripts::PLAIN_KEEP, &scripts::KEEP), clock);
        request.push(lease.to_string());
        add(&mut request, holds);
        request
    }

    /// Ends holds.
    pub fn let_go(
        &self,
        case: Case,
        holds: &[Held],
        is_done: bool,
        clock: Option<Millis>,
    ) -> Request {
        let mut request = self.request(case.of(&scripts::PLAIN_LET_GO, &scripts::LET_GO), clock);
        request.push(if is_done { "1" } else { "0" });
        add(&mut request, holds);
        request
    }

    /// Reads, for each hold, whether its owner has it; `None` if the case is not plain.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_holds(&self, reply: Reply) -> Result<Option<Vec<bool>>> {
        if matches!(reply, Reply::Nil) {
            return Ok(None);
        }
        let told = reply.list()?.into_iter();
        told.map(|told| Ok(told.int()? == 1)).collect::<Result<_>>().map(Some)
    }

    /// Ends all holds.
    pub fn bump_holds(&self, clock: Option<Millis>) -> Request {
        self.request(&scripts::BUMP_HOLDS, clock)
    }
}

impl Case {
    fn of(self, plain: &'static Script, general: &'static Script) -> &'static Script {
        match self {
            Self::Plain => plain,
            Self::General => general,
        }
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

//! What a call needs to know of the handle that makes it.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::store::sqlite::session::Session;
use crate::store::sqlite::step::Step;

/// What a call needs to know of the handle that makes it.
pub(super) struct Terms<'a> {
    pub(super) queue: i64,
    pub(super) tag: u32,
    pub(super) clock: &'a dyn Clock,
    pub(super) max_failed: u64,
    /// The incarnation of this process, which its leases name; 0 in memory.
    pub(super) owner: i64,
}

/// The same, owned by the handle.
#[derive(Clone)]
pub(super) struct OwnTerms {
    pub(super) queue: i64,
    pub(super) tag: u32,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) max_failed: u64,
    pub(super) patience: Duration,
}

impl OwnTerms {
    /// Lends them to a call of the process `owner`.
    pub(super) fn lend(&self, owner: i64) -> Terms<'_> {
        Terms {
            queue: self.queue,
            tag: self.tag,
            clock: &*self.clock,
            max_failed: self.max_failed,
            owner,
        }
    }

    /// Ends the leases and the waiting of processes that have died, in every queue of the file; tells how many.
    /// `condition` says whose.
    pub(super) fn take_over(&self, session: &mut Session, condition: &str) -> Step<u64> {
        let queues = session
            .sql()?
            .prepare("SELECT id, tag FROM fairlane_queue")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(i64, u32)>>>()?;
        let mut taken = 0;
        for (queue, tag) in queues {
            let terms = Self { queue, tag, ..self.clone() };
            taken += session.change(&terms.lend(0), |call| {
                call.forget_who_waits(condition)?;
                call.lapse_leases_where(condition)
            })?;
        }
        Ok(taken)
    }
}

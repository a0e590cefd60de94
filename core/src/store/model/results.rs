//! Results of completed jobs.

use crate::clock::Millis;
use crate::error::Result;
use crate::job_result::JobResult;
use crate::store::Fate;
use crate::store::model::state::{Kept, State};
use crate::token::JobId;

impl State {
    pub(super) fn keep_result(&mut self, id: JobId, result: Option<JobResult>) {
        if let Some(JobResult { value, ttl }) = result {
            self.results.insert(id, Kept { value, until: self.now + ttl });
        }
    }

    pub(super) fn fate(&self, id: JobId, clock: Millis) -> Result<Fate> {
        if id.0 == 0 || id.0 >= self.next_id {
            return Err(id.unknown());
        }
        if self.jobs.contains_key(&id) {
            return Ok(Fate::Open);
        }
        if let Some(dead) = self.dead.get(&id) {
            return Ok(Fate::Dead(dead.error.clone().unwrap_or_default()));
        }
        let kept = self.results.get(&id).filter(|kept| kept.until > clock.max(self.now));
        Ok(kept.map_or(Fate::Gone, |kept| Fate::Kept(kept.value.clone())))
    }

    pub(super) fn results_kept(&self) -> Vec<(JobId, Vec<u8>, Millis)> {
        let kept = self.results.iter().filter(|(_, kept)| kept.until > self.now);
        kept.map(|(id, kept)| (*id, kept.value.clone(), kept.until)).collect()
    }
}

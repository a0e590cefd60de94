//! Producing: push.

use crate::error::{Error, ErrorCode, Result};
use crate::job::{NewJob, Pushed};
use crate::queue::Queue;
use crate::token::JobId;

impl Queue {
    /// Pushes one job and gives its id; the holder's id, if the job's key is held.
    ///
    /// When it returns, the job survives what [`crate::Durability`] says. Blocks for one commit.
    ///
    /// # Errors
    /// `QueueFull`, `PayloadTooLarge`, `InvalidArgument`: nothing was pushed. Those of the store.
    pub fn push(&self, job: NewJob) -> Result<JobId> {
        self.push_many(vec![job])?
            .first()
            .map(|pushed| pushed.id)
            .ok_or_else(|| Error::new(ErrorCode::Internal, "store gave no id for a pushed job"))
    }

    /// Pushes all the jobs in one step, or none, and tells for each its id and whether it is new. In
    /// a queue over several shards this holds for the jobs of each shard: the sentence of an error
    /// tells how many jobs stay pushed.
    ///
    /// # Errors
    /// As [`Queue::push`]; the sentence names the first job that is not accepted.
    pub fn push_many(&self, jobs: Vec<NewJob>) -> Result<Vec<Pushed>> {
        self.validate_all(&jobs)?;
        self.store.push(jobs)
    }

    pub(super) fn validate_all(&self, jobs: &[NewJob]) -> Result<()> {
        for (index, job) in jobs.iter().enumerate() {
            job.validate(self.max_payload).map_err(|error| match jobs.len() {
                1 => error,
                _ => Error::new(error.code(), format!("job {index}: {}", error.message())),
            })?;
        }
        Ok(())
    }
}

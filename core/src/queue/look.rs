//! Looking, without taking; and removing.

use crate::error::Result;
use crate::job::{JobInfo, validate_name};
use crate::lane::{LaneInfo, Stats};
use crate::queue::Queue;
use crate::token::JobId;

/// How many lanes are read from the store at a time.
const LANES_PAGE: usize = 1_000;

impl Queue {
    /// Counts the queue's jobs, lanes and deeds.
    ///
    /// # Errors
    /// Those of the store.
    pub fn stats(&self) -> Result<Stats> {
        self.store.stats()
    }

    /// Estimates the bytes of memory that the store spends on the queue: on Redis from samples of
    /// what the server says; `None` for the embedded store, which keeps it in a file.
    ///
    /// # Errors
    /// Those of the store.
    pub fn memory(&self) -> Result<Option<u64>> {
        self.store.memory()
    }

    /// Gives the number of waiting jobs (ready, delayed and blocked) of a lane, or of the whole
    /// queue (`None`).
    ///
    /// # Errors
    /// Those of the store.
    pub fn size(&self, lane: Option<&str>) -> Result<i64> {
        Ok(match lane {
            Some(lane) => self.lane(lane)?.map_or(0, |lane| lane.counts.waiting()),
            None => self.stats()?.counts.waiting(),
        })
    }

    /// Lists the lanes by name. Read in pages: with a hundred thousand lanes the store is not held
    /// up, and a lane that comes or goes meanwhile may or may not be listed.
    ///
    /// # Errors
    /// Those of the store.
    pub fn lanes(&self) -> Result<Vec<LaneInfo>> {
        let mut lanes: Vec<LaneInfo> = Vec::new();
        loop {
            let after = lanes.last().map(|lane| lane.name.clone());
            let page = self.store.lanes(after, LANES_PAGE)?;
            let is_last = page.len() < LANES_PAGE;
            lanes.extend(page);
            if is_last {
                return Ok(lanes);
            }
        }
    }

    /// Looks at one lane; `None` if there is none of that name.
    ///
    /// # Errors
    /// `InvalidArgument` if the name is not accepted; those of the store.
    pub fn lane(&self, lane: &str) -> Result<Option<LaneInfo>> {
        validate_name("lane", lane)?;
        self.store.lane(lane.to_owned())
    }

    /// Looks at a job, dead ones included; `None` if it is completed, cancelled or was never pushed.
    ///
    /// # Errors
    /// Those of the store.
    pub fn get(&self, id: JobId) -> Result<Option<JobInfo>> {
        self.store.get(id)
    }

    /// Looks at the first `count` ready jobs of a lane, in the order in which it will serve them.
    ///
    /// # Errors
    /// `InvalidArgument` if the name is not accepted; those of the store.
    pub fn peek(&self, lane: &str, count: usize) -> Result<Vec<JobInfo>> {
        validate_name("lane", lane)?;
        self.store.peek(lane.to_owned(), count)
    }

    /// Removes a job, whatever its state, with the jobs blocked on it; tells whether there was one.
    /// If it was in flight, its token is stale from now on; its worker is not interrupted.
    ///
    /// # Errors
    /// Those of the store.
    pub fn cancel(&self, id: JobId) -> Result<bool> {
        self.store.cancel(id)
    }

    /// Removes all waiting jobs of a lane, or of the whole queue (`None`), with the jobs blocked on
    /// them; tells how many went. Jobs in flight and dead jobs stay.
    ///
    /// # Errors
    /// `InvalidArgument` if the name is not accepted; those of the store.
    pub fn purge(&self, lane: Option<&str>) -> Result<u64> {
        if let Some(lane) = lane {
            validate_name("lane", lane)?;
        }
        self.store.purge(lane.map(str::to_owned))
    }
}

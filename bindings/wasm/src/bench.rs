//! The work of the benchmark with the core alone, for builds that are measured and not shipped.

use std::sync::Arc;
use std::time::Duration;

use fairlane::clock::duration;
use fairlane::store::sqlite::SqliteStore;
use fairlane::{DEFAULT_LEASE, Durability, NewJob, Queue, QueueOptions, Result};
use wasm_bindgen::prelude::*;

use crate::errors::{Outcome, raise};

/// Pushes, pops and completes jobs in a queue in memory, `width` a call.
#[wasm_bindgen(js_name = coreRound)]
pub fn core_round(width: usize, jobs: usize) -> Outcome<()> {
    round(width, jobs).map_err(|error| raise(&error))
}

fn round(width: usize, jobs: usize) -> Result<()> {
    let options = QueueOptions { durability: Durability::Normal, ..QueueOptions::default() };
    let queue = Queue::on(Arc::new(SqliteStore::in_memory("q", &options)?), "q", &options)?;
    for _ in 0..jobs / width {
        queue.push_many((0..width).map(|_| NewJob::new([b'x'; 100]).lane("lane")).collect())?;
        let popped = queue.pop_many(width, Duration::ZERO, duration(DEFAULT_LEASE))?;
        let tokens: Vec<_> = popped.iter().map(|job| job.token).collect();
        queue.mark_complete_many(&tokens)?.into_iter().collect::<Result<()>>()?;
    }
    Ok(())
}

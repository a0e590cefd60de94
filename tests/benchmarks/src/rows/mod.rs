//! The rows: each measures one or a few numbers.

mod claim;
mod durable;
mod memory;
mod one_thread;
mod processes;
mod redis_cost;
mod redis_size;
mod redis_threads;
mod redis_waking;
mod size;
mod waking;

use std::path::Path;

use anyhow::Result;

use crate::report::Line;
use crate::rounds::Rounds;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    pub rounds: Rounds,
    /// The jobs of a large queue.
    pub jobs: usize,
    /// How long what runs for a time runs.
    pub seconds: u64,
    /// How many single events are timed.
    pub samples: usize,
}

/// Measures in a directory of its own.
pub type Row = fn(&Path, Scale) -> Result<Vec<Line>>;

pub const ROWS: &[(&str, Row)] = &[
    ("push_normal", one_thread::push_normal),
    ("pop_complete_normal", one_thread::pop_complete_normal),
    ("push_batch_normal", one_thread::push_batch_normal),
    ("pop_complete_batch_normal", one_thread::pop_complete_batch_normal),
    ("push_full", durable::push),
    ("push_full_threads", durable::push_threads),
    ("wake_normal", waking::wake_normal),
    ("wake_full", waking::wake_full),
    ("idle", waking::idle),
    ("processes", processes::row),
    ("claim", claim::row),
    ("memory", memory::row),
    ("depth", size::depth),
    ("lanes", size::lanes),
    ("redis_cost", redis_cost::row),
    ("redis_threads", redis_threads::row),
    ("redis_memory", redis_size::memory),
    ("redis_lanes", redis_size::lanes),
    ("redis_wake", redis_waking::wake),
    ("redis_idle", redis_waking::idle),
];

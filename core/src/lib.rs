//! A job queue that is fair between tenants, durable, and the same in every language.
//!
//! ```
//! use std::time::Duration;
//! use fairlane::{NewJob, Queue};
//!
//! let queue = Queue::open("memory:", "mail")?;
//! queue.push(NewJob::new("hello").lane("tenant-7"))?;
//! let job = queue.pop(Duration::ZERO, Duration::from_secs(30))?.unwrap();
//! assert_eq!(job.payload, b"hello");
//! queue.mark_complete(&job.token)?;
//! # Ok::<(), fairlane::Error>(())
//! ```
//!
//! The layers, top down: [`Queue`] (the facade: validates, waits) knows [`store::Store`] (the
//! waist) alone; below it stand the stores. [`fair`] is the arithmetic that they share, and
//! [`store::model`] states the rules as plain code.

mod attend;
pub mod background;
pub mod backoff;
#[cfg(feature = "cli")]
pub mod cli;
pub mod clock;
#[cfg(any(feature = "redis", feature = "sqlite"))]
mod combine;
pub mod convert;
mod dethrottler;
pub mod error;
pub mod fair;
pub mod fork;
pub mod given;
pub mod headers;
#[cfg(feature = "signals")]
mod interrupts;
pub mod job;
pub mod job_result;
pub mod lane;
pub mod limits;
mod lock;
pub mod options;
mod queue;
pub mod random;
pub mod schedule;
pub mod store;
pub mod token;
pub mod waits;
pub mod worker;

pub use background::{BackgroundOptions, BackgroundProcessor};
pub use backoff::{Backoff, BackoffPolicy};
pub use dethrottler::Dethrottler;
pub use error::{Error, ErrorCode, Result};
pub use headers::Headers;
pub use job::{
    BULK_PRIORITY, DEFAULT_LANE, DEFAULT_LEASE, DEFAULT_MAX_TRIES, DEFAULT_PRIORITY, Due, Job,
    JobInfo, JobState, Key, NewJob, Pushed,
};
pub use job_result::{DEFAULT_RESULT_TTL, JobResult};
pub use lane::{Counts, LaneInfo, LaneState, Stats};
pub use limits::{Limits, LimitsChange, Rate};
pub use options::{Durability, QueueOptions};
pub use queue::{MAX_BATCH, Queue, Waiting};
pub use schedule::{CatchUp, Schedule, ScheduleInfo, Timing};
pub use store::{FailedFilter, Repaired, Swept};
pub use token::{JobId, Token};
pub use worker::{Verdict, Worker, WorkerState};

/// Makes documentation tests of the README's Rust blocks.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

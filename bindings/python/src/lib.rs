//! The native half of the Python package `fairlane`: conversion only.
//!
//! Every method reads as three steps: convert what came in, call through the [`door`], convert what
//! came out. What can be said in Python is said there, in `python/src/fairlane`.

mod aio;
mod background;
mod backoff;
mod backoff_policy;
mod cli;
mod counts;
mod delivery;
mod dethrottler;
mod door;
mod event;
mod fork;
mod handle;
mod headers;
mod job;
mod job_info;
mod lane_info;
mod limits;
mod manual_clock;
mod new_job;
mod number;
mod payload;
mod probe;
mod pushed;
mod queue;
mod refuse;
mod refused;
mod repaired;
mod schedule_info;
mod settings;
mod show;
mod signal;
mod signals;
mod stats;
mod swept;
mod text;
mod time;
mod verdict;
mod worker;

/// The native half of fairlane; import `fairlane` instead.
// Needs no GIL: all classes are frozen, and what changes in them is behind locks under which nothing of
// Python is called or dropped.
#[pyo3::pymodule(gil_used = false)]
mod _fairlane {
    #[pymodule_export]
    use crate::aio::crew::_Crew;
    #[pymodule_export]
    use crate::aio::gate::_shut_out;
    #[pymodule_export]
    use crate::aio::line::_Line;
    #[pymodule_export]
    use crate::aio::outbox::_Outbox;
    #[pymodule_export]
    use crate::aio::pop::_Pop;
    #[pymodule_export]
    use crate::aio::result::_Result;
    #[pymodule_export]
    use crate::background::_BackgroundProcessor;
    #[pymodule_export]
    use crate::backoff::Backoff;
    #[pymodule_export]
    use crate::backoff_policy::BackoffPolicy;
    #[pymodule_export]
    use crate::cli::_cli;
    #[pymodule_export]
    use crate::counts::Counts;
    #[pymodule_export]
    use crate::dethrottler::Dethrottler;
    #[pymodule_export]
    use crate::fork::{_after_fork_in_child, _after_fork_in_parent, _before_fork};
    #[pymodule_export]
    use crate::job::Job;
    #[pymodule_export]
    use crate::job_info::JobInfo;
    #[pymodule_export]
    use crate::lane_info::LaneInfo;
    #[pymodule_export]
    use crate::limits::Limits;
    #[pymodule_export]
    use crate::manual_clock::ManualClock;
    #[pymodule_export]
    use crate::new_job::NewJob;
    #[pymodule_export]
    use crate::probe::{_error_codes, _panic};
    #[pymodule_export]
    use crate::pushed::Pushed;
    #[pymodule_export]
    use crate::queue::Queue;
    #[pymodule_export]
    use crate::repaired::Repaired;
    #[pymodule_export]
    use crate::schedule_info::ScheduleInfo;
    #[pymodule_export]
    use crate::signal::Signal;
    #[pymodule_export]
    use crate::stats::Stats;
    #[pymodule_export]
    use crate::swept::Swept;
    #[pymodule_export]
    use crate::worker::_Worker;

    #[pymodule_export]
    const BULK_PRIORITY: i64 = fairlane::BULK_PRIORITY;
    #[pymodule_export]
    const DEFAULT_LANE: &str = fairlane::DEFAULT_LANE;
    #[pymodule_export]
    const DEFAULT_LEASE: f64 = fairlane::DEFAULT_LEASE as f64 / 1e3;
    #[pymodule_export]
    const DEFAULT_MAX_TRIES: i64 = fairlane::DEFAULT_MAX_TRIES;
    #[pymodule_export]
    const DEFAULT_PRIORITY: i64 = fairlane::DEFAULT_PRIORITY;
    #[pymodule_export]
    const MAX_PRIORITY: i64 = fairlane::job::MAX_PRIORITY;
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}

use pyo3::prelude::*;

use crate::counts::Counts;
use crate::limits::Limits;
use crate::show;

/// A queue, looked at. The sums count from the making of the queue.
#[pyclass(frozen, eq, module = "fairlane")]
#[derive(PartialEq)]
pub struct Stats(fairlane::Stats);

impl From<fairlane::Stats> for Stats {
    fn from(stats: fairlane::Stats) -> Self {
        Self(stats)
    }
}

#[pymethods]
impl Stats {
    /// How many jobs stand where.
    #[getter]
    fn counts(&self) -> Counts {
        Counts(self.0.counts)
    }

    /// Dead jobs in the archive.
    #[getter]
    fn dead(&self) -> i64 {
        self.0.dead
    }

    /// Rows set aside because they could not be read.
    #[getter]
    fn quarantined(&self) -> i64 {
        self.0.quarantined
    }

    /// Lanes with jobs, settings or unexpired limits.
    #[getter]
    fn lanes(&self) -> i64 {
        self.0.lanes
    }

    /// Whether the whole queue is paused.
    #[getter]
    fn paused(&self) -> bool {
        self.0.paused
    }

    /// The limits of the whole queue; its weight has no meaning.
    #[getter]
    fn limits(&self) -> Limits {
        Limits(self.0.limits)
    }

    /// Jobs pushed, follow-ups included.
    #[getter]
    fn pushed(&self) -> i64 {
        self.0.pushed
    }

    /// Jobs completed, those popped with lease 0 included.
    #[getter]
    fn completed(&self) -> i64 {
        self.0.completed
    }

    /// Deliveries that ended in a retry.
    #[getter]
    fn retried(&self) -> i64 {
        self.0.retried
    }

    /// Jobs that died.
    #[getter]
    fn died(&self) -> i64 {
        self.0.died
    }

    /// Leases that lapsed, those of killed workers included.
    #[getter]
    fn lapsed(&self) -> i64 {
        self.0.lapsed
    }

    fn __repr__(&self) -> String {
        let stats = &self.0;
        format!(
            "Stats(counts={}, dead={}, quarantined={}, lanes={}, paused={}, limits={}, \
             pushed={}, completed={}, retried={}, died={}, lapsed={})",
            self.counts().__repr__(),
            stats.dead,
            stats.quarantined,
            stats.lanes,
            show::truth(stats.paused),
            self.limits().__repr__(),
            stats.pushed,
            stats.completed,
            stats.retried,
            stats.died,
            stats.lapsed
        )
    }
}

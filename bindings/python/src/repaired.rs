use pyo3::prelude::*;

/// What a repair looked at and what it mended. In a queue that was in order all but jobs and lanes
/// are 0.
#[pyclass(frozen, eq, module = "fairlane")]
#[derive(PartialEq)]
pub struct Repaired(fairlane::Repaired);

impl From<fairlane::Repaired> for Repaired {
    fn from(repaired: fairlane::Repaired) -> Self {
        Self(repaired)
    }
}

#[pymethods]
impl Repaired {
    /// Jobs that were looked at, dead ones included.
    #[getter]
    fn jobs(&self) -> u64 {
        self.0.jobs
    }

    /// Lanes that were looked at.
    #[getter]
    fn lanes(&self) -> u64 {
        self.0.lanes
    }

    /// Jobs whose rows were gone or could not be read; stats counts them as quarantined.
    #[getter]
    fn lost_jobs(&self) -> u64 {
        self.0.lost_jobs
    }

    /// Jobs that stood nowhere, or not as they should, and were put in their place.
    #[getter]
    fn placed_jobs(&self) -> u64 {
        self.0.placed_jobs
    }

    /// Entries of lists and indexes that named nothing, or a job that stands elsewhere.
    #[getter]
    fn dropped_entries(&self) -> u64 {
        self.0.dropped_entries
    }

    /// Lanes whose counters, state or place among others were wrong.
    #[getter]
    fn mended_lanes(&self) -> u64 {
        self.0.mended_lanes
    }

    /// Sums of the queue that were wrong, and schedules that had lost their next tick.
    #[getter]
    fn mended_sums(&self) -> u64 {
        self.0.mended_sums
    }

    /// Whether all was in order.
    #[getter]
    fn is_sound(&self) -> bool {
        self.0.is_sound()
    }

    fn __repr__(&self) -> String {
        let fairlane::Repaired {
            jobs,
            lanes,
            lost_jobs,
            placed_jobs,
            dropped_entries,
            mended_lanes,
            mended_sums,
        } = self.0;
        format!(
            "Repaired(jobs={jobs}, lanes={lanes}, lost_jobs={lost_jobs}, \
             placed_jobs={placed_jobs}, dropped_entries={dropped_entries}, \
             mended_lanes={mended_lanes}, mended_sums={mended_sums})"
        )
    }
}

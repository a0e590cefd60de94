//! What a repair found.

/// What a repair looked at and what it mended. In a queue that was in order all but the first two
/// are 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Jobs that were looked at, dead ones included.
    pub jobs: u64,
    /// Lanes that were looked at.
    pub lanes: u64,
    /// Jobs whose rows were gone or could not be read. They are counted as set aside
    /// ([`crate::Stats::quarantined`]) from now on.
    pub lost_jobs: u64,
    /// Jobs that stood nowhere, or not as they should, and were put in their place.
    pub placed_jobs: u64,
    /// Entries of lists and indexes that named nothing, or a job that stands elsewhere.
    pub dropped_entries: u64,
    /// Lanes whose counters, state or place among others were wrong.
    pub mended_lanes: u64,
    /// Sums of the queue that were wrong, and schedules that had lost their next tick.
    pub mended_sums: u64,
}

impl std::ops::AddAssign for Repaired {
    fn add_assign(&mut self, other: Self) {
        self.jobs += other.jobs;
        self.lanes += other.lanes;
        self.lost_jobs += other.lost_jobs;
        self.placed_jobs += other.placed_jobs;
        self.dropped_entries += other.dropped_entries;
        self.mended_lanes += other.mended_lanes;
        self.mended_sums += other.mended_sums;
    }
}

impl Repaired {
    /// Tells whether all was in order.
    pub fn is_sound(&self) -> bool {
        *self == Self { jobs: self.jobs, lanes: self.lanes, ..Self::default() }
    }
}

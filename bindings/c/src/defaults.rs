//! The defaults of the model, where C programs have to name them.

/// The priority of a job that names none.
pub const FAIRLANE_DEFAULT_PRIORITY: i64 = 1;
/// The priority of work that may wait for everything else.
pub const FAIRLANE_BULK_PRIORITY: i64 = 0;
/// The highest priority.
pub const FAIRLANE_MAX_PRIORITY: i64 = 9;
/// The tries of a job that names none.
pub const FAIRLANE_DEFAULT_MAX_TRIES: i64 = 10;
/// The usual lease of a pop, in milliseconds.
pub const FAIRLANE_DEFAULT_LEASE: i64 = 120_000;
/// The longest lease, delay or wait, in milliseconds: 10 years of 365 days.
pub const FAIRLANE_MAX_TIME: i64 = 315_360_000_000;

/// Written as numbers, since a header cannot refer to the core: they must be its own.
const _: () = {
    assert!(FAIRLANE_DEFAULT_PRIORITY == fairlane::DEFAULT_PRIORITY);
    assert!(FAIRLANE_BULK_PRIORITY == fairlane::BULK_PRIORITY);
    assert!(FAIRLANE_MAX_PRIORITY == fairlane::job::MAX_PRIORITY);
    assert!(FAIRLANE_DEFAULT_MAX_TRIES == fairlane::DEFAULT_MAX_TRIES);
    assert!(FAIRLANE_DEFAULT_LEASE == fairlane::DEFAULT_LEASE);
    assert!(FAIRLANE_MAX_TIME == fairlane::job::MAX_DELAY);
};

//! The tenants of the demo, and when their jobs come.

use std::time::Duration;

/// How many jobs the limited tenant may start in a second.
pub(super) const LIMIT: i64 = 10;

/// One tenant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tenant {
    /// Its name, and its lane's.
    pub(super) name: &'static str,
    /// How many jobs it pushes.
    pub(super) jobs: usize,
    /// How long after the first push they begin to come.
    pub(super) from: Duration,
    /// The time between two; 0 for all at once.
    pub(super) every: Duration,
    /// Whether it is limited to [`LIMIT`] a second.
    pub(super) is_limited: bool,
}

/// Gives the tenants: a noisy one, a limited one, and small ones that push a job now and then.
pub(super) fn all(noisy_jobs: usize) -> Vec<Tenant> {
    let burst = |name, jobs, is_limited| Tenant {
        name,
        jobs,
        from: Duration::ZERO,
        every: Duration::ZERO,
        is_limited,
    };
    let small = |name, from| Tenant {
        name,
        jobs: 40,
        from: Duration::from_millis(from),
        every: Duration::from_millis(100),
        is_limited: false,
    };
    vec![
        burst("noisy", noisy_jobs, false),
        burst("limited", 50, true),
        small("small-1", 10),
        small("small-2", 40),
        small("small-3", 70),
    ]
}

/// Gives the moments after the first push at which jobs come, with the tenant's place in the list
/// and their number, in order.
pub(super) fn arrivals(tenants: &[Tenant]) -> Vec<(Duration, usize, usize)> {
    let mut arrivals = Vec::new();
    for (place, tenant) in tenants.iter().enumerate() {
        if tenant.every.is_zero() {
            arrivals.push((tenant.from, place, tenant.jobs));
            continue;
        }
        let mut moment = tenant.from;
        for _ in 0..tenant.jobs {
            arrivals.push((moment, place, 1));
            moment += tenant.every;
        }
    }
    arrivals.sort();
    arrivals
}

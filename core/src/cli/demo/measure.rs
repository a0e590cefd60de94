//! The figures of the demo, from what was delivered.

use crate::clock::Millis;

/// One start, as the store told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// The tenant, by its place in the list.
    pub(super) tenant: usize,
    pub(super) pushed_at: Millis,
    pub(super) started_at: Millis,
}

/// How long jobs waited, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Waits {
    pub(super) p50: Millis,
    pub(super) p99: Millis,
}

/// Gives how long the jobs of a tenant waited.
pub(super) fn waits(starts: &[Start], tenant: usize) -> Waits {
    let mut waits: Vec<_> =
        of_tenant(starts, tenant).map(|start| start.started_at - start.pushed_at).collect();
    waits.sort_unstable();
    Waits { p50: percentile(&waits, 50), p99: percentile(&waits, 99) }
}

/// Gives the most starts of a tenant within any window of that length.
pub(super) fn busiest_window(starts: &[Start], tenant: usize, window: Millis) -> usize {
    let mut moments: Vec<_> = of_tenant(starts, tenant).map(|start| start.started_at).collect();
    moments.sort_unstable();
    let mut first = 0;
    let mut most = 0;
    for (last, moment) in moments.iter().enumerate() {
        while moment - moments[first] >= window {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    most
}

fn of_tenant(starts: &[Start], tenant: usize) -> impl Iterator<Item = &Start> {
    starts.iter().filter(move |start| start.tenant == tenant)
}

/// Gives the smallest value that at least `percent` of the sorted values do not exceed.
fn percentile(sorted: &[Millis], percent: usize) -> Millis {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(waits: impl IntoIterator<Item = (usize, Millis, Millis)>) -> Vec<Start> {
        let start = |(tenant, pushed_at, started_at)| Start { tenant, pushed_at, started_at };
        waits.into_iter().map(start).collect()
    }

    #[test]
    fn waits_are_of_one_tenant_and_by_nearest_rank() {
        let mut all = starts((1..=100).rev().map(|wait| (0, 5, 5 + wait)));
        all.extend(starts([(1, 0, 1_000_000)]));
        assert_eq!(waits(&all, 0), Waits { p50: 50, p99: 99 });
        assert_eq!(waits(&all, 1), Waits { p50: 1_000_000, p99: 1_000_000 });
        assert_eq!(waits(&all, 2), Waits::default());
    }

    #[test]
    fn a_window_does_not_hold_its_own_end() {
        let at = |moments: &[Millis]| starts(moments.iter().map(|moment| (0, 0, *moment)));
        assert_eq!(busiest_window(&at(&[0, 1_000, 2_000]), 0, 1_000), 1);
        assert_eq!(busiest_window(&at(&[999, 0, 1_000, 1_998]), 0, 1_000), 3);
        assert_eq!(busiest_window(&[], 0, 1_000), 0);
    }
}

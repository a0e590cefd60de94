//! The arithmetic of fairness, shared by the model and every store.
//!
//! It is start-time fair queueing (Goyal, Vin, Cheng 1996) with jobs in flight put before virtual
//! time. Ready lanes are served in the order of the triple
//!
//! 1. `load`: jobs in flight per weight, so that workers spread evenly over lanes with work;
//! 2. `start`: virtual time, so that lanes of equal load take turns;
//! 3. `turn`: who has been ready for longest.
//!
//! The design page folds the first two into one number, `start + in_flight * SPREAD / weight`. The
//! triple says the same without a ceiling: however far the virtual times drift apart while one
//! lane's jobs run long, load is never outvoted.

use crate::clock::Millis;
use crate::limits::Rate;

/// The virtual time that one job of cost 1 and weight 1 takes.
///
/// It is 100,000 and not 1,000 so that `UNIT / weight` stays within 1 % for every weight allowed.
pub const UNIT: i64 = 100_000;

/// The load of one job in flight in a lane of weight 1.
///
/// Two different ratios `in_flight / weight` with weights up to 1000 differ by at least 1e-6, about
/// 1073 / LOAD_SCALE: rounding down never makes them equal.
pub const LOAD_SCALE: i64 = 1 << 30;

/// The highest weight of a lane.
pub const MAX_WEIGHT: i64 = 1000;

/// The highest cost of a job.
pub const MAX_COST: i64 = 10_000;

/// Gives the load of a lane: the first key of the order in which ready lanes are served.
pub const fn load(in_flight: i64, weight: i64) -> i64 {
    in_flight * LOAD_SCALE / weight
}

/// Gives the virtual time that a lane is charged for starting a job.
pub const fn charge(cost: i64, weight: i64) -> i64 {
    UNIT * cost / weight
}

/// Gives what a job counts against a rate: its cost, but never more than the whole window, so that
/// a job dearer than a limit that was lowered later still runs.
pub fn rate_cost(cost: i64, rate: Rate) -> i64 {
    cost.min(rate.count)
}

/// Gives the moment from which a job of that cost may start: `None` if it may start at once.
///
/// `history` holds the starts `(moment, cost)` younger than the window, oldest first, and `used`
/// is the sum of their costs. The window is half open: starts exactly `rate.window` apart do not
/// share one.
pub fn next_start(
    rate: Rate,
    cost: i64,
    used: i64,
    history: impl IntoIterator<Item = (Millis, i64)>,
) -> Option<Millis> {
    if rate.is_unlimited() {
        return None;
    }
    let mut excess = used + rate_cost(cost, rate) - rate.count;
    if excess <= 0 {
        return None;
    }
    let mut opens_at = None;
    for (started_at, cost) in history {
        opens_at = Some(started_at + rate.window);
        excess -= cost;
        if excess <= 0 {
            break;
        }
    }
    opens_at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_ratios_never_have_equal_loads() {
        for (a, b) in [((1, 1000), (1, 999)), ((999, 1000), (998, 999)), ((1, 3), (333, 1000))] {
            assert_ne!(load(a.0, a.1), load(b.0, b.1), "{a:?} {b:?}");
        }
        assert_eq!(load(2, 4), load(1, 2));
        assert_eq!(load(3, 9), load(1, 3));
    }

    #[test]
    fn the_window_opens_when_enough_cost_has_left_it() {
        let rate = Rate { count: 5, window: 100 };
        let history = [(10, 2), (20, 2), (30, 1)];
        assert_eq!(next_start(rate, 1, 5, history), Some(110));
        assert_eq!(next_start(rate, 3, 5, history), Some(120));
        assert_eq!(next_start(rate, 50, 5, history), Some(130));
        assert_eq!(next_start(rate, 1, 4, history), None);
        assert_eq!(next_start(Rate::UNLIMITED, 1, 99, history), None);
    }
}

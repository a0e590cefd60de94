//! How far ahead a worker takes jobs.

use std::time::Duration;

/// The most jobs that wait in the process for a slot.
const MOST: usize = 256;
/// How soon a job that was taken ahead is to begin: a rate is kept to that by the handlers.
const SOON: Duration = Duration::from_millis(2);
/// How much of the average the latest handler makes up.
const SHARE: f64 = 1.0 / 8.0;

/// How long handlers take, and what follows for what is taken before a slot is free for it.
///
/// For handlers that take longer than a call to the store nothing is taken ahead: another worker may
/// be free. For quick ones it spares them the wait for the store, and the store a call each.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Seconds; `None` until a handler has returned.
    average: Option<f64>,
}

impl Pace {
    /// Notes how long a handler took.
    pub(super) fn note(&mut self, took: Duration) {
        let took = took.as_secs_f64();
        let average = self.average.map_or(took, |average| average + (took - average) * SHARE);
        self.average = Some(average);
    }

    /// Notes that what was taken ahead has not begun soon.
    pub(super) fn falter(&mut self) {
        self.average = Some(1.0);
    }

    /// Gives how many jobs may wait for one of so many slots.
    pub(super) fn ahead(&self, slots: usize) -> usize {
        let begun_soon = |average: f64| slots as f64 * SOON.as_secs_f64() / average.max(1e-9);
        self.average.map_or(0, |average| MOST.min(begun_soon(average) as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_ahead_of_handlers_that_take_their_time() {
        let mut pace = Pace::default();
        assert_eq!(pace.ahead(4), 0, "before it is known how long they take");
        pace.note(Duration::from_millis(50));
        assert_eq!(pace.ahead(4), 0);
        (0..100).for_each(|_| pace.note(Duration::from_micros(100)));
        assert!((60..=80).contains(&pace.ahead(4)), "{}", pace.ahead(4));
        (0..100).for_each(|_| pace.note(Duration::ZERO));
        assert_eq!(pace.ahead(4), MOST);
        pace.falter();
        assert_eq!(pace.ahead(4), 0);
    }
}

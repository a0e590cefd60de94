use fairlane::LimitsChange;
use pyo3::prelude::*;

use crate::dethrottler::Dethrottler;
use crate::door;
use crate::number::Integer;
use crate::queue::Queue;
use crate::repaired::Repaired;
use crate::settings::rate as given_rate;
use crate::swept::Swept;
use crate::text::Text;
use crate::time::Seconds;

#[pymethods]
impl Queue {
    /// Set limits of a lane, or of the whole queue (None). What is not given stays as it is; 0 lifts
    /// a limit.
    ///
    /// - tps, or rate=(count, window): in any second, or any window of that many seconds, at most so
    ///   many jobs start.
    /// - max_in_flight: the most jobs in flight at once.
    /// - weight: the lane's share against other lanes, 1 to 1000.
    /// - max_waiting: the most jobs waiting; a push beyond it raises QueueFullError.
    #[pyo3(signature = (
        lane=None, *, tps=None, rate=None, max_in_flight=None, weight=None, max_waiting=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "one a limit, all but one by name")]
    fn set_limits(
        &self,
        py: Python<'_>,
        lane: Option<Text<'_>>,
        tps: Option<Integer>,
        rate: Option<(Integer, Seconds)>,
        max_in_flight: Option<Integer>,
        weight: Option<Integer>,
        max_waiting: Option<Integer>,
    ) -> PyResult<()> {
        let number = |Integer(number)| number;
        let change = LimitsChange {
            rate: given_rate(tps, rate)?,
            max_in_flight: max_in_flight.map(number),
            weight: weight.map(number),
            max_waiting: max_waiting.map(number),
        };
        door::call(py, || self.0.set_limits(name(lane), change))
    }

    /// Start no more jobs of a lane, or of the whole queue (None). Jobs in flight go on.
    #[pyo3(signature = (lane=None))]
    fn pause(&self, py: Python<'_>, lane: Option<Text<'_>>) -> PyResult<()> {
        door::call(py, || self.0.pause(name(lane)))
    }

    /// Start jobs of a paused lane, or of the paused queue (None), again.
    #[pyo3(signature = (lane=None))]
    fn resume(&self, py: Python<'_>, lane: Option<Text<'_>>) -> PyResult<()> {
        door::call(py, || self.0.resume(name(lane)))
    }

    /// Start no job of a lane, or of the whole queue (None), for so many seconds from now: the
    /// answer to a provider's "429, retry after". 0 ends an earlier throttle.
    fn throttle(&self, py: Python<'_>, lane: Option<Text<'_>>, duration: Seconds) -> PyResult<()> {
        let duration = duration.duration("throttle")?;
        door::call(py, || self.0.throttle(name(lane), duration))
    }

    /// Wake throttled, delayed and lapsed work that is due, ring idle workers and keep house.
    ///
    /// Never needed for correctness: every call wakes what is due. Harmless at any time.
    fn dethrottle(&self, py: Python<'_>) -> PyResult<Swept> {
        door::call(py, || self.0.dethrottle()).map(Swept::from)
    }

    /// Start a thread that calls dethrottle every `interval` seconds, until it is stopped or
    /// collected or the queue is closed.
    fn start_dethrottler(&self, py: Python<'_>, interval: Seconds) -> PyResult<Dethrottler> {
        let interval = interval.duration("interval")?;
        door::call(py, || self.0.start_dethrottler(interval)).map(Dethrottler::from)
    }

    /// Look at every job and lane, mend counters, indexes and places that are wrong, and tell what
    /// was found; for a queue whose rows were deleted or changed by something else than fairlane.
    ///
    /// Takes time for every job, in steps between which others are served. Harmless at any time.
    fn repair(&self, py: Python<'_>) -> PyResult<Repaired> {
        door::call(py, || self.0.repair()).map(Repaired::from)
    }
}

/// Gives the name of a lane, if one was given.
fn name(lane: Option<Text<'_>>) -> Option<&str> {
    lane.map(|Text(lane)| lane)
}

//! Changing lanes and the queue, and sweeping.

use crate::clock::Millis;
use crate::error::Result;
use crate::store::{LaneChange, Swept};

use super::{Protocol, Reply, Request, scripts, unsigned};

impl Protocol {
    /// Changes a lane, or the whole queue.
    pub fn configure(
        &self,
        lane: Option<&str>,
        change: LaneChange,
        clock: Option<Millis>,
    ) -> Request {
        let mut request = self.request(&scripts::CONFIGURE, clock);
        request.push(lane.unwrap_or_default());
        match change {
            LaneChange::Limits(limits) => {
                request.push("l");
                let rate = limits.rate.map(|rate| [rate.count, rate.window]);
                for number in rate.map_or([None; 2], |rate| rate.map(Some)) {
                    request.push(optional(number));
                }
                for number in [limits.max_in_flight, limits.weight, limits.max_waiting] {
                    request.push(optional(number));
                }
            }
            LaneChange::Pause => request.push("p"),
            LaneChange::Resume => request.push("r"),
            LaneChange::Throttle(time) => {
                request.push("t");
                request.push(time.to_string());
            }
        }
        request
    }

    /// Moves what is due and rings an idle worker.
    pub fn sweep(&self, clock: Option<Millis>) -> Request {
        self.request(&scripts::SWEEP, clock)
    }

    /// Reads what a sweep moved.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_sweep(&self, reply: Reply) -> Result<Swept> {
        let mut parts = reply.list()?.into_iter();
        let mut count = || unsigned(parts.next().unwrap_or(Reply::Nil).int()?);
        Ok(Swept { due: count()?, lapsed: count()?, woken: count()? })
    }
}

fn optional(number: Option<i64>) -> String {
    number.map_or(String::new(), |number| number.to_string())
}

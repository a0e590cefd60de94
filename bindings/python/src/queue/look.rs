use pyo3::prelude::*;

use crate::door;
use crate::job_info::JobInfo;
use crate::lane_info::LaneInfo;
use crate::number::Integer;
use crate::queue::Queue;
use crate::stats::Stats;
use crate::text::Text;

#[pymethods]
impl Queue {
    /// Count the queue's jobs, lanes and deeds.
    fn stats(&self, py: Python<'_>) -> PyResult<Stats> {
        door::call(py, || self.0.stats()).map(Stats::from)
    }

    /// Give the number of waiting jobs (ready, delayed and blocked) of a lane, or of the whole queue.
    #[pyo3(signature = (lane=None))]
    fn size(&self, py: Python<'_>, lane: Option<Text<'_>>) -> PyResult<i64> {
        door::call(py, || self.0.size(lane.map(|Text(lane)| lane)))
    }

    /// List the lanes by name.
    fn lanes(&self, py: Python<'_>) -> PyResult<Vec<LaneInfo>> {
        let lanes = door::call(py, || self.0.lanes())?;
        Ok(lanes.into_iter().map(LaneInfo::from).collect())
    }

    /// Look at one lane; None if there is none of that name.
    fn lane(&self, py: Python<'_>, name: Text<'_>) -> PyResult<Option<LaneInfo>> {
        let lane = door::call(py, || self.0.lane(name.0))?;
        Ok(lane.map(LaneInfo::from))
    }

    /// Look at a job, dead ones included; None if it is completed, cancelled or was never pushed.
    fn get(&self, py: Python<'_>, id: Text<'_>) -> PyResult<Option<JobInfo>> {
        let id = id.job_id()?;
        let job = door::call(py, || self.0.get(id))?;
        Ok(job.map(|job| JobInfo::new(py, job)))
    }

    /// Look at the first `n` ready jobs of a lane, in the order in which it will serve them.
    #[pyo3(
        signature = (lane=Text(fairlane::DEFAULT_LANE), n=Integer(1)),
        text_signature = "($self, lane='default', n=1)"
    )]
    fn peek(&self, py: Python<'_>, lane: Text<'_>, n: Integer) -> PyResult<Vec<JobInfo>> {
        let count = n.count("count")?;
        let jobs = door::call(py, || self.0.peek(lane.0, count))?;
        Ok(jobs.into_iter().map(|job| JobInfo::new(py, job)).collect())
    }

    /// Remove a job, whatever its state, with the jobs blocked on it; tell whether there was one.
    ///
    /// If it was in flight, its token is stale from now on; its worker is not interrupted.
    fn cancel(&self, py: Python<'_>, id: Text<'_>) -> PyResult<bool> {
        let id = id.job_id()?;
        door::call(py, || self.0.cancel(id))
    }

    /// Remove all waiting jobs of a lane, or of the whole queue (None), with the jobs blocked on
    /// them; tell how many went. Jobs in flight and dead jobs stay.
    #[pyo3(signature = (lane=None))]
    fn purge(&self, py: Python<'_>, lane: Option<Text<'_>>) -> PyResult<u64> {
        door::call(py, || self.0.purge(lane.map(|Text(lane)| lane)))
    }
}

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::door::{self, Failure};
use crate::queue::Queue;
use crate::signals::Signals;
use crate::text::Text;
use crate::time::Seconds;

#[pymethods]
impl Queue {
    /// Give the result of a job, waiting up to `wait` seconds for the job to end; None, at once, if
    /// it has ended and no result of it is kept: none was given, its time is over, or the job was
    /// cancelled. Reading a result leaves it where it is.
    ///
    /// While it waits the thread sleeps, other threads run, and Ctrl-C ends it.
    ///
    /// Raises JobFailedError if the job is dead, TimeoutError if it has not ended,
    /// InvalidArgumentError if no push gave that id.
    #[pyo3(signature = (id, wait=Seconds(0.0)), text_signature = "($self, id, wait=0.0)")]
    fn result<'py>(
        &self,
        py: Python<'py>,
        id: Text<'_>,
        wait: Seconds,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let (id, wait) = (id.job_id()?, wait.duration("wait")?);
        let result = if wait.is_zero() {
            door::call(py, || self.0.result(id, wait))?
        } else {
            let signals = Signals::of(py)?;
            door::call(py, || {
                let mut check = || signals.check().map_err(Failure::from);
                self.0.result_checked(id, wait, signals.interval(), &mut check)
            })?
        };
        Ok(result.map(|value| PyBytes::new(py, &value)))
    }
}

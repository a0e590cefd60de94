use fairlane::worker::Reason;
use pyo3::prelude::*;

use crate::door;
use crate::time::Seconds;

/// Tells a worker's handler when it need not go on.
#[pyclass(frozen, module = "fairlane")]
#[derive(Clone)]
pub struct Signal(pub fairlane::worker::Signal);

#[pymethods]
impl Signal {
    /// Why the handler need not go on: "stopping" (the worker stops: to finish is fine), "timed out"
    /// (the try counts as failed already) or "lost" (the delivery lapsed or the job was cancelled);
    /// None as long as there is no reason.
    #[getter]
    fn reason(&self) -> Option<&'static str> {
        self.0.reason().map(Reason::name)
    }

    /// Sleep for `timeout` seconds, or until there is a reason not to go on; give that reason.
    fn wait(&self, py: Python<'_>, timeout: Seconds) -> PyResult<Option<&'static str>> {
        let timeout = timeout.duration("timeout")?;
        door::run(py, || self.0.wait(timeout).map(Reason::name))
    }
}

//! The queue: opening and closing here, the verbs in their groups.

use fairlane::{Durability, QueueOptions};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier, type_hint_subscript, type_hint_union};

use crate::door;
use crate::handle::Handle;
use crate::manual_clock::ManualClock;
use crate::number::Integer;
use crate::refuse;
use crate::show;
use crate::text::Text;
use crate::time::Seconds;

mod archive;
mod consume;
mod lanes;
mod look;
mod produce;
mod results;
mod schedule;

/// One named queue in one store.
///
/// `url` is a file (`jobs.db`, `sqlite:jobs.db`, a path object), `memory:`, or a server
/// (`redis://host`). The queue is made if there is none. A Queue may be used from any number of threads; as a context manager it closes at
/// the end of the block.
///
/// - durability: "full": a push that returned survives power loss; or "normal": a power loss may take
///   the last milliseconds.
/// - create: whether a file that is not there is made.
/// - keep_leases: whether leases of this handle outlive its process; by default the jobs of a process
///   that has ended are given back at once.
/// - max_payload: the longest payload in bytes; 16 MiB by default.
/// - max_failed: how many dead jobs the archive keeps.
/// - busy_timeout: how many seconds a call may wait for other processes.
/// - clock: a ManualClock, for tests; by default the system's clock, or the server's.
#[pyclass(frozen, module = "fairlane")]
pub struct Queue(pub Handle<fairlane::Queue>);

#[pymethods]
impl Queue {
    #[new]
    #[pyo3(
        signature = (
            url, name, *, durability=Text("full"), create=true, keep_leases=false,
            max_payload=Integer(16 << 20), max_failed=Integer(10_000), busy_timeout=Seconds(10.0),
            clock=None
        ),
        text_signature = "(url, name, *, durability='full', create=True, keep_leases=False, \
            max_payload=16777216, max_failed=10000, busy_timeout=10.0, clock=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "one an option, by name")]
    fn new(
        py: Python<'_>,
        url: Url,
        name: Text<'_>,
        durability: Text<'_>,
        create: bool,
        keep_leases: bool,
        max_payload: Integer,
        max_failed: Integer,
        busy_timeout: Seconds,
        clock: Option<&Bound<'_, ManualClock>>,
    ) -> PyResult<Self> {
        let mut options = QueueOptions {
            durability: durability.0.parse::<Durability>().map_err(door::raise)?,
            create,
            keep_leases,
            max_payload: max_payload.count("max_payload")?,
            max_failed: max_failed.count("max_failed")?,
            busy_timeout: busy_timeout.duration("busy_timeout")?,
            ..QueueOptions::default()
        };
        if let Some(clock) = clock {
            options.clock = clock.get().shared();
        }
        let queue = door::call(py, || fairlane::Queue::open_with(&url.0, name.0, options))?;
        Ok(Self(queue.into()))
    }

    /// The queue's name.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// Close: every waiting pop ends with ClosedError, and so does every later call. Closing again is
    /// harmless. Jobs in flight keep their leases.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        door::run(py, || self.0.close())
    }

    fn __enter__(self_: Py<Self>) -> Py<Self> {
        self_
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.close(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        // Without the URL: it may hold a password.
        Ok(format!("<Queue {}>", show::text(py, self.0.name())?))
    }
}

/// Where the store is: a URL, or a path object.
struct Url(String);

impl FromPyObject<'_, '_> for Url {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_union!(
        type_hint_identifier!("builtins", "str"),
        type_hint_subscript!(
            type_hint_identifier!("os", "PathLike"),
            type_hint_identifier!("builtins", "str")
        )
    );

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<PyString>() {
            let Text(url) = value.extract()?;
            return Ok(Self(url.to_owned()));
        }
        let Ok(path) = value.call_method0("__fspath__") else {
            return Err(refuse::wrong_type(&value, "a URL and a path"));
        };
        // A path is never taken for a URL, whatever colons it has.
        let Text(path) = path.extract()?;
        Ok(Self(format!("sqlite:{path}")))
    }
}

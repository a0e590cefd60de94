//! The door: every call into fairlane goes through here and nowhere else.
//!
//! It lets go of the interpreter while fairlane works, keeps a panic from crossing the boundary, and
//! gives errors their Python classes. What a method does around it is conversion only.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fairlane::{Error, ErrorCode};
use pyo3::prelude::*;

/// Why a call gave no result.
pub enum Failure {
    /// An error of fairlane.
    Core(Error),
    /// An exception that Python code raised while a call waited, such as `KeyboardInterrupt`.
    Python(PyErr),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

/// Does work that may block: other Python threads run meanwhile.
pub fn call<T, E>(py: Python<'_>, work: impl FnOnce() -> Result<T, E> + Send) -> PyResult<T>
where
    T: Send,
    E: Into<Failure> + Send,
{
    py.detach(|| guarded(work)).map_err(raise)
}

/// Does work that may block and cannot fail.
pub fn run<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    call(py, || Ok::<_, Error>(work()))
}

/// Does work of a few nanoseconds, for which letting go of the interpreter would cost more.
pub fn quick<T>(work: impl FnOnce() -> T) -> PyResult<T> {
    guarded(|| Ok::<_, Error>(work())).map_err(raise)
}

/// Gives an error its Python class: the subclass of `fairlane.Error` of its code.
pub fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let class = py
        .import("fairlane.errors")
        .and_then(|errors| errors.getattr("BY_NUMBER"))
        .and_then(|classes| classes.get_item(error.code().number()))
        .and_then(|class| Ok(class.cast_into()?));
    match class {
        Ok(class) => PyErr::from_type(class, error.message().to_owned()),
        Err(missing) => missing,
    }
}

/// Raises an error that conversion found.
pub fn raise(failure: impl Into<Failure>) -> PyErr {
    match failure.into() {
        Failure::Core(error) => Python::attach(|py| exception(py, &error)),
        Failure::Python(error) => error,
    }
}

/// Does work whose result is not for Python yet: a panic becomes an error.
pub fn caught<T>(work: impl FnOnce() -> fairlane::Result<T>) -> fairlane::Result<T> {
    // Nothing that a panic may have left half-done is used again: fairlane's own state is behind
    // locks that tell, and the arguments were moved into the call.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(Error::new(
            ErrorCode::Internal,
            format!("defect in fairlane, please report it: {}", panic_text(panic.as_ref())),
        ))
    })
}

fn guarded<T, E: Into<Failure>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, Failure> {
    caught(|| Ok(work())).map_err(Failure::Core)?.map_err(Into::into)
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

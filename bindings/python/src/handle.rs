use std::ops::Deref;

use pyo3::prelude::*;

use crate::door;

/// Something whose end may block, such as the last handle of a queue, which waits for the disk: other
/// Python threads run meanwhile.
pub struct Handle<T: Send>(Option<T>);

impl<T: Send> From<T> for Handle<T> {
    fn from(value: T) -> Self {
        Self(Some(value))
    }
}

impl<T: Send> Deref for Handle<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().unwrap_or_else(|| unreachable!("the destructor alone takes it"))
    }
}

impl<T: Send> Drop for Handle<T> {
    fn drop(&mut self) {
        let value = self.0.take();
        // A destructor has nobody to tell of a panic.
        drop(Python::attach(|py| door::run(py, || drop(value))));
    }
}

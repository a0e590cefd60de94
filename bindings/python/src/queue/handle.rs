use std::ops::Deref;

use pyo3::prelude::*;

use crate::door;

/// The handle of a queue. Dropping the last one closes the store, which may wait for the disk: other
/// Python threads run meanwhile.
pub struct Handle(Option<fairlane::Queue>);

impl From<fairlane::Queue> for Handle {
    fn from(queue: fairlane::Queue) -> Self {
        Self(Some(queue))
    }
}

impl Deref for Handle {
    type Target = fairlane::Queue;

    fn deref(&self) -> &fairlane::Queue {
        self.0.as_ref().unwrap_or_else(|| unreachable!("the destructor alone takes it"))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let queue = self.0.take();
        // A destructor has nobody to tell of a panic.
        drop(Python::attach(|py| door::run(py, || drop(queue))));
    }
}

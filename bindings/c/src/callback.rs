//! Functions of the caller's, each with its data.

use std::ffi::c_void;

use crate::background_event::BackgroundEvent;
use crate::delivery::Delivery;
use crate::event::Event;

/// What a worker calls with each job: with a delivery, which it may change and must not free, and with
/// the data that the worker was made with. It returns a verdict: FAIRLANE_VERDICT_DONE and its kin.
pub type HandlerFunction =
    Option<unsafe extern "C" fn(delivery: &mut Delivery, data: *mut c_void) -> i32>;

/// What a worker tells events: with an event, which it must not free, and with the data that it was set
/// with.
pub type ObserverFunction = Option<unsafe extern "C" fn(event: &Event, data: *mut c_void)>;

/// A handler with its data.
#[derive(Clone, Copy)]
pub struct Handler {
    call: unsafe extern "C" fn(delivery: &mut Delivery, data: *mut c_void) -> i32,
    data: *mut c_void,
}

// SAFETY: the caller promises that the function may be called with its data on many threads.
unsafe impl Send for Handler {}
// SAFETY: as above.
unsafe impl Sync for Handler {}

impl Handler {
    /// Makes one of a function and its data.
    pub fn new(
        call: unsafe extern "C" fn(delivery: &mut Delivery, data: *mut c_void) -> i32,
        data: *mut c_void,
    ) -> Self {
        Self { call, data }
    }

    /// Has the handler attend to a delivery; gives the number of its verdict.
    pub fn call(&self, delivery: &mut Delivery) -> i32 {
        // SAFETY: the caller promises that the function takes this data for as long as it is called.
        unsafe { (self.call)(delivery, self.data) }
    }
}

/// What a background processor tells events: with an event, which it must not free, and with the data
/// that it was set with.
pub type BackgroundObserverFunction =
    Option<unsafe extern "C" fn(event: &BackgroundEvent, data: *mut c_void)>;

/// An observer of a kind of events with its data.
pub struct Observer<E> {
    call: unsafe extern "C" fn(event: &E, data: *mut c_void),
    data: *mut c_void,
}

// Derived, it would ask for events that can be copied.
impl<E> Clone for Observer<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Observer<E> {}

// SAFETY: the caller promises that the function may be called with its data on many threads.
unsafe impl<E> Send for Observer<E> {}
// SAFETY: as above.
unsafe impl<E> Sync for Observer<E> {}

impl<E> Observer<E> {
    /// Makes one of a function and its data.
    pub fn new(
        call: unsafe extern "C" fn(event: &E, data: *mut c_void),
        data: *mut c_void,
    ) -> Self {
        Self { call, data }
    }

    /// Tells of an event.
    pub fn call(&self, event: &E) {
        // SAFETY: the caller promises that the function takes this data for as long as it is called.
        unsafe { (self.call)(event, self.data) }
    }
}

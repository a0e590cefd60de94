//! How a worker works.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::time::Duration;

use fairlane::convert;

use crate::boundary::boundary;
use crate::callback::{Observer, ObserverFunction};
use crate::error::Error;
use crate::event::Event;
use crate::handle::{free, given};
use crate::queue::Queue;
use crate::time::optional;

/// The options of `fairlane_worker_new`; all have defaults. Free them with
/// `fairlane_worker_options_free`, at any time after the worker was made.
#[derive(Default)]
pub struct WorkerOptions {
    also: Vec<(fairlane::Queue, u32)>,
    concurrency: Option<usize>,
    lease: Option<Duration>,
    timeout: Option<Duration>,
    max_jobs: Option<u64>,
    until_empty: bool,
    observer: Option<Observer<Event>>,
}

impl WorkerOptions {
    /// Sets up a worker.
    pub fn apply(&self, mut worker: fairlane::Worker) -> fairlane::Worker {
        for (queue, weight) in &self.also {
            worker = worker.also(queue, *weight);
        }
        if let Some(concurrency) = self.concurrency {
            worker = worker.concurrency(concurrency);
        }
        if let Some(lease) = self.lease {
            worker = worker.lease(lease);
        }
        if let Some(timeout) = self.timeout {
            worker = worker.timeout(timeout);
        }
        if let Some(max_jobs) = self.max_jobs {
            worker = worker.max_jobs(max_jobs);
        }
        if self.until_empty {
            worker = worker.until_empty();
        }
        if let Some(observer) = self.observer {
            worker = worker.observer(move |event| {
                if let Some(event) = Event::of(event) {
                    observer.call(&event);
                }
            });
        }
        worker
    }
}

/// Makes options that are all at their defaults.
///
/// Ownership: the caller frees them. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_options_new() -> Option<Box<WorkerOptions>> {
    boundary!(Some(Box::default()))
}

/// Adds a further queue. Where jobs wait in several queues, each gets slots in proportion to its
/// weight, 1 or more; that of the first queue is 1.
///
/// Ownership: shares the queue, which may be freed before the worker. Blocking: never. Threads: one at
/// a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_options_add_queue(
    options: Option<&mut WorkerOptions>,
    queue: Option<&Queue>,
    weight: u32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let (options, queue) = (given("options", options)?, given("queue", queue)?);
        options.also.push((queue.shared(), weight));
        Ok(())
    })
}

/// Sets how many jobs run at once, 1 to 1,024: as many threads call the handler. As many as there are
/// processors by default.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_options_set_concurrency(
    options: Option<&mut WorkerOptions>,
    concurrency: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.concurrency = Some(concurrency);
        Ok(())
    })
}

/// Sets how many milliseconds after this process died its jobs come again at the latest;
/// FAIRLANE_DEFAULT_LEASE by default. Leases are extended at a third of that time.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_options_set_lease(
    options: Option<&mut WorkerOptions>,
    lease: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let options = given("options", options)?;
        options.lease = Some(convert::span_of_millis("lease", lease)?);
        Ok(())
    })
}

/// Sets after how many milliseconds a handler is given up: its delivery is signalled, the try counts
/// as failed, and the job may run again elsewhere. A thread cannot be ended from outside: its slot is
/// free again when the handler returns. FAIRLANE_NONE, the default, is never.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_options_set_timeout(
    options: Option<&mut WorkerOptions>,
    timeout: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let options = given("options", options)?;
        let timeout = optional(timeout).map(|timeout| convert::span_of_millis("timeout", timeout));
        options.timeout = timeout.transpose()?;
        Ok(())
    })
}

/// Has the worker stop by itself when handlers have begun with that many jobs, each try counted, and
/// have returned; what was taken ahead goes back untried. Without end by default.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_options_set_max_jobs(
    options: Option<&mut WorkerOptions>,
    max_jobs: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.max_jobs = Some(max_jobs as u64);
        Ok(())
    })
}

/// Sets whether the worker stops by itself when none of its queues has a job that is ready, delayed or
/// in flight with any worker; false by default. The jobs of paused lanes are waited for, those that are
/// blocked by dead jobs are not.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_options_set_until_empty(
    options: Option<&mut WorkerOptions>,
    until_empty: bool,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.until_empty = until_empty;
        Ok(())
    })
}

/// Has events told to `observer`, on the thread that caused each, with `data`; NULL, the default, is
/// nobody. It must return soon, and must not let a C++ exception out.
///
/// Ownership: `data` stays the caller's, and must last as long as the worker and its handlers.
/// Blocking: never. Threads: one at a time; the observer is called on many at once.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_options_set_observer(
    options: Option<&mut WorkerOptions>,
    observer: ObserverFunction,
    data: *mut c_void,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.observer = observer.map(|call| Observer::new(call, data));
        Ok(())
    })
}

/// Frees options and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the options. Blocking: never. Threads: one, the last to use the options.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_options_free(options: Option<&mut Option<Box<WorkerOptions>>>) {
    boundary!(free(options));
}

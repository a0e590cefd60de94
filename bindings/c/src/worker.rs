//! A worker: a handler that is called with the jobs of one or more queues.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use fairlane::{WorkerState, convert};

use crate::boundary::boundary;
use crate::callback::{Handler, HandlerFunction};
use crate::delivery::Delivery;
use crate::error::Error;
use crate::handle::{free, given, out};
use crate::interrupt::Interrupt;
use crate::queue::Queue;
use crate::time::optional;
use crate::worker_options::WorkerOptions;

/// Not started, or ended: `fairlane_worker_start` starts it.
pub const FAIRLANE_WORKER_STOPPED: i32 = 1;
/// Takes jobs.
pub const FAIRLANE_WORKER_RUNNING: i32 = 2;
/// Takes no more jobs; some still run.
pub const FAIRLANE_WORKER_STOPPING: i32 = 3;

/// Calls a handler with the jobs of one or more queues, on threads of its own. The lease of a job is
/// extended for as long as its handler runs. Free it with `fairlane_worker_free`.
pub struct Worker(fairlane::Worker);

impl Worker {
    /// Waits for the end until that moment, or until the interrupt has been raised so often; tells
    /// whether the end has come.
    fn wait(&self, until: Option<Instant>, interrupt: Option<&Interrupt>, raises: u32) -> bool {
        loop {
            let left = until.map_or(Duration::MAX, |until| until.duration_since(Instant::now()));
            let slice = Interrupt::interval(interrupt).min(left);
            if self.0.wait_for(slice) {
                return true;
            }
            if slice == left || interrupt.is_some_and(|it| it.raises() >= raises) {
                return false;
            }
        }
    }

    /// Gives why it ended by itself, if it did.
    fn check(&self) -> fairlane::Result<()> {
        self.0.failure().map_or(Ok(()), Err)
    }
}

/// Makes a worker on a queue; it does nothing before it is started. NULL for `options` is all
/// defaults.
///
/// `handler` is called with a delivery and with `data`, which may be NULL, on as many threads at once as
/// the concurrency says. It returns a verdict: FAIRLANE_VERDICT_DONE and its kin. It must not let a C++
/// exception out, nor leave by longjmp, nor end its thread. A child of a fork has no worker.
///
/// Ownership: shares the queue, which may be freed before the worker; `data` stays the caller's, and
/// must last until every handler has returned. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_new(
    queue: Option<&Queue>,
    handler: HandlerFunction,
    data: *mut c_void,
    options: Option<&WorkerOptions>,
    worker: Option<&mut MaybeUninit<Option<Box<Worker>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let worker = out("worker", worker, None)?;
        let queue = given("queue", queue)?.shared();
        let handler = Handler::new(given("handler", handler)?, data);
        let made = fairlane::Worker::new(&queue, move |delivery: &fairlane::worker::Delivery| {
            let mut delivery = Delivery::of(delivery);
            let number = handler.call(&mut delivery);
            delivery.verdict(number)
        });
        let made = match options {
            Some(options) => options.apply(made),
            None => made,
        };
        *worker = Some(Box::new(Worker(made)));
        Ok(())
    })
}

/// Starts taking jobs; harmless if it runs. One that was stopped may be started again. Gives
/// FAIRLANE_INVALID_ARGUMENT if an option is out of range, FAIRLANE_UNAVAILABLE if it is stopping or
/// the system gives no threads.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_start(
    worker: Option<&Worker>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("worker", worker)?.0.start()?;
        Ok(())
    })
}

/// Takes no more jobs, gives those back untried that have not begun, and lets handlers finish for
/// `timeout` milliseconds; then what still runs is given back untried too, and its verdict does not
/// count. `returned`, which may be NULL, tells whether every handler has returned. Harmless if it has
/// stopped.
///
/// Ownership: none. Blocking: for up to `timeout` milliseconds and a second, even if the store is away.
/// Threads: any but those of the worker.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_stop(
    worker: Option<&Worker>,
    timeout: i64,
    returned: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let worker = given("worker", worker)?;
        let has_returned = worker.0.stop(convert::span_of_millis("timeout", timeout)?);
        if let Some(returned) = returned {
            returned.write(has_returned);
        }
        Ok(())
    })
}

/// Waits until the worker has stopped, for `timeout` milliseconds at most unless that is FAIRLANE_NONE;
/// `ended`, which may be NULL, tells whether it has. Gives why it stopped by itself: FAIRLANE_CLOSED if
/// its queue was closed, or what broke it.
///
/// Ownership: none. Blocking: for up to `timeout` milliseconds. Threads: any but those of the worker.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_wait(
    worker: Option<&Worker>,
    timeout: i64,
    ended: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let worker = given("worker", worker)?;
        let timeout = optional(timeout).map(|timeout| convert::span_of_millis("timeout", timeout));
        let has_ended = worker.0.wait_for(timeout.transpose()?.unwrap_or(Duration::MAX));
        if let Some(ended) = ended {
            ended.write(has_ended);
        }
        if has_ended { worker.check() } else { Ok(()) }
    })
}

/// Starts, and works until `interrupt` is raised, such as by the program's signal handler; then stops
/// within `stop_timeout` milliseconds as `fairlane_worker_stop` does. If it is raised a second time,
/// what still runs is given back at once. Gives why the worker stopped by itself.
///
/// Ownership: none. Blocking: until the worker has stopped. Threads: any but those of the worker.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_run(
    worker: Option<&Worker>,
    stop_timeout: i64,
    interrupt: Option<&Interrupt>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let (worker, interrupt) = (given("worker", worker)?, given("interrupt", interrupt)?);
        let stop_timeout = convert::span_of_millis("stop_timeout", stop_timeout)?;
        worker.0.start()?;
        if !worker.wait(None, Some(interrupt), 1) {
            worker.0.drain();
            worker.wait(Instant::now().checked_add(stop_timeout), Some(interrupt), 2);
            worker.0.stop(Duration::ZERO);
        }
        worker.check()
    })
}

/// Tells where a worker stands: FAIRLANE_WORKER_STOPPED and its kin; 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_state(worker: Option<&Worker>) -> i32 {
    boundary!(worker.map_or(0, |worker| match worker.0.state() {
        WorkerState::Stopped => FAIRLANE_WORKER_STOPPED,
        WorkerState::Running => FAIRLANE_WORKER_RUNNING,
        WorkerState::Stopping => FAIRLANE_WORKER_STOPPING,
    }))
}

/// Frees a worker and sets the variable to NULL; NULL is harmless. Stops it with no time to finish. A
/// handler that has not returned runs on and uses its data: stop the worker first, with time enough,
/// and look whether every handler has returned.
///
/// Ownership: takes the worker. Blocking: for up to a second. Threads: one, the last to use the worker,
/// and none of its own.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_worker_free(worker: Option<&mut Option<Box<Worker>>>) {
    boundary!(free(worker));
}

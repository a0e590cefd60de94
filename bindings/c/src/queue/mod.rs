//! The queue: opening and closing here, the verbs in their groups.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use fairlane::QueueOptions as CoreOptions;

use crate::boundary::boundary;
use crate::bytes::text;
use crate::error::Error;
use crate::handle::{free, given, out};
use crate::queue_options::QueueOptions;
use crate::text::{Text, show};

pub mod produce;

pub mod consume;

pub mod results;

pub mod lanes;

pub mod look;

pub mod archive;

pub mod schedule;

/// One named queue in one store. Any number of threads may use it. Close it with
/// `fairlane_queue_close`, free it with `fairlane_queue_free`.
pub struct Queue {
    core: fairlane::Queue,
    name: Text,
    /// Known here too, so that a payload is not copied before it is refused.
    max_payload: usize,
}

impl Queue {
    /// Gives a handle of the core, which may outlive this one.
    pub fn shared(&self) -> fairlane::Queue {
        self.core.clone()
    }
}

/// Opens a queue by URL and name; makes it if there is none.
///
/// - `jobs.db`, `sqlite:jobs.db`, `sqlite:///var/lib/jobs.db`: a file, shared by any number of
///   queues, handles and processes of one machine.
/// - `memory:`: a queue of this handle alone, gone with it.
/// - `redis://host:6379/0` and its kin: a queue on a server. Connects at the first call.
///
/// NULL for `options` is all defaults. Gives FAIRLANE_INVALID_ARGUMENT for a URL, name or option
/// that is not accepted, FAIRLANE_CORRUPT for a file that is no database, FAIRLANE_VERSION_MISMATCH
/// for one of a newer release, FAIRLANE_UNAVAILABLE for one that cannot be opened or written.
///
/// Ownership: copies what it is given; the caller frees the queue. Blocking: while the file is
/// opened. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_queue_open(
    url: *const c_char,
    url_length: usize,
    name: *const c_char,
    name_length: usize,
    options: Option<&QueueOptions>,
    queue: Option<&mut MaybeUninit<Option<Box<Queue>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let queue = out("queue", queue, None)?;
        let (url, name) = (text!(url, url_length)?, text!(name, name_length)?);
        let options = options.map_or_else(CoreOptions::default, |options| options.0.clone());
        let max_payload = options.max_payload;
        let core = fairlane::Queue::open_with(url, name, options)?;
        *queue =
            Some(Box::new(Queue { name: Text::from(core.name().to_owned()), core, max_payload }));
        Ok(())
    })
}

/// Gives the queue's name; NULL for NULL.
///
/// Ownership: the queue keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_name(
    queue: Option<&Queue>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(queue.map(|queue| &queue.name), length))
}

/// Closes a queue: every waiting pop ends with FAIRLANE_CLOSED, and so does every later call.
/// Closing again is harmless. Jobs in flight keep their leases.
///
/// Ownership: none; the queue is still to be freed. Blocking: while the file is closed. Threads:
/// any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_close(
    queue: Option<&Queue>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("queue", queue)?.core.close();
        Ok(())
    })
}

/// Frees a queue, closing it before, and sets the variable to NULL; NULL is harmless. Other threads must
/// have returned from their calls: close the queue, join them, then free it.
///
/// Ownership: takes the queue. Blocking: while the file is closed. Threads: one, the last to use the
/// queue.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_queue_free(queue: Option<&mut Option<Box<Queue>>>) {
    boundary!(free(queue));
}

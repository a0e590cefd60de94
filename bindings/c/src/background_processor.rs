//! Background work inside a process, one piece a key over all machines.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;

use fairlane::background::Outcome;
use fairlane::convert;

use crate::background_options::BackgroundOptions;
use crate::boundary::boundary;
use crate::bytes::text;
use crate::error::Error;
use crate::handle::{free, given, out};
use crate::queue::Queue;

/// What a background processor calls with each argument, and with the data that it was made with. It
/// returns 0 if the work went well; any other number is logged, and changes nothing else.
pub type BackgroundFunction =
    Option<unsafe extern "C" fn(arg: *mut c_void, data: *mut c_void) -> i32>;

/// What takes the arguments with which the function is not called, with the data that it was set with.
pub type DropFunction = Option<unsafe extern "C" fn(arg: *mut c_void, data: *mut c_void)>;

/// A function with its data.
struct Function {
    call: unsafe extern "C" fn(arg: *mut c_void, data: *mut c_void) -> i32,
    data: *mut c_void,
}

// SAFETY: the caller promises that the function may be called with its data on many threads.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

impl Function {
    fn call(&self, argument: Argument) -> Outcome {
        // SAFETY: the caller promises that the function takes this data for as long as it is called,
        // and every argument that was scheduled, each of which it gets once.
        match unsafe { (self.call)(argument.take(), self.data) } {
            0 => Outcome::Done,
            number => Outcome::Failed { error: format!("function returned {number}") },
        }
    }
}

/// What takes arguments that are not worked on, with its data.
#[derive(Clone, Copy)]
pub struct Discard {
    call: unsafe extern "C" fn(arg: *mut c_void, data: *mut c_void),
    data: *mut c_void,
}

// SAFETY: the caller promises that the function may be called with its data on many threads.
unsafe impl Send for Discard {}
// SAFETY: as above.
unsafe impl Sync for Discard {}

impl Discard {
    /// Makes one of a function and its data.
    pub fn new(
        call: unsafe extern "C" fn(arg: *mut c_void, data: *mut c_void),
        data: *mut c_void,
    ) -> Self {
        Self { call, data }
    }
}

/// An argument on its way to one of the two functions.
struct Argument {
    arg: *mut c_void,
    discard: Option<Discard>,
}

// SAFETY: the caller promises that its arguments may be used on the thread that works on them.
unsafe impl Send for Argument {}

impl Argument {
    /// Gives the argument, of which nobody else is told from now on.
    fn take(mut self) -> *mut c_void {
        self.discard = None;
        self.arg
    }
}

impl Drop for Argument {
    fn drop(&mut self) {
        if let Some(Discard { call, data }) = self.discard {
            // SAFETY: the caller promises that the function takes this data and any argument; nobody
            // else has been given this one.
            unsafe { call(self.arg, data) }
        }
    }
}

/// Calls a function with what is scheduled, on threads of its own: at most one piece of work a key, over
/// all processes that use the queue. Free it with `fairlane_background_processor_free`.
pub struct BackgroundProcessor {
    core: fairlane::BackgroundProcessor<Argument>,
    discard: Option<Discard>,
}

/// Makes a background processor on a queue, which keeps the keys alone, apart from the keys of jobs.
/// NULL for `options` is all defaults.
///
/// `function` is called with each argument and with `data`, which may be NULL, on as many threads at once
/// as the concurrency says. It must not let a C++ exception out, nor leave by longjmp, nor end its
/// thread. In a child of a fork a processor begins anew, with nothing waiting.
///
/// Ownership: shares the queue, which may be freed before the processor; `data` stays the caller's, and
/// must last until every call has returned. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_processor_new(
    queue: Option<&Queue>,
    function: BackgroundFunction,
    data: *mut c_void,
    options: Option<&BackgroundOptions>,
    processor: Option<&mut MaybeUninit<Option<Box<BackgroundProcessor>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let processor = out("processor", processor, None)?;
        let queue = given("queue", queue)?.shared();
        let function = Function { call: given("function", function)?, data };
        let core = fairlane::BackgroundProcessor::with_options(
            &queue,
            options.map(|options| options.core.clone()).unwrap_or_default(),
            move |argument| function.call(argument),
        )?;
        let discard = options.and_then(|options| options.discard);
        *processor = Some(Box::new(BackgroundProcessor { core, discard }));
        Ok(())
    })
}

/// Has the function called with `arg`, unless work under `key` waits in this process, or the key is held
/// anywhere; `scheduled`, which may be NULL, tells whether it will be. The key is held while the work
/// waits and runs, and until `remote_backoff` milliseconds from now have passed; 0 frees it with the end
/// of the work.
///
/// Ownership: takes `arg`, whatever it gives, unless `processor` is NULL: either the function is called
/// with it, or what `fairlane_background_options_set_drop` has set, and that once. Blocking: for one
/// commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_background_processor_schedule(
    processor: Option<&BackgroundProcessor>,
    key: *const c_char,
    key_length: usize,
    remote_backoff: i64,
    arg: *mut c_void,
    scheduled: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let scheduled = scheduled.map(|scheduled| scheduled.write(false));
        let processor = given("processor", processor)?;
        let argument = Argument { arg, discard: processor.discard };
        let backoff = convert::span_of_millis("remote_backoff", remote_backoff)?;
        let is_scheduled = processor.core.schedule(text!(key, key_length)?, backoff, argument)?;
        if let Some(scheduled) = scheduled {
            *scheduled = is_scheduled;
        }
        Ok(())
    })
}

/// Tells how many pieces of work wait in this process; what runs is not counted. 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_processor_queue_length(
    processor: Option<&BackgroundProcessor>,
) -> usize {
    boundary!(processor.map_or(0, |processor| processor.core.queue_length()))
}

/// Frees the keys of all processors on the queue, everywhere: what waits or runs goes on, and frees
/// nothing that was scheduled after this.
///
/// Ownership: none. Blocking: for one commit, or one round trip to a server. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_processor_bump_remote_dedup_key(
    processor: Option<&BackgroundProcessor>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("processor", processor)?.core.bump_remote_dedup_key()?;
        Ok(())
    })
}

/// Takes no more work. If `drain`, does what waits for up to `timeout` milliseconds; what has not begun
/// then is dropped, as all that waits is if not `drain`, and its keys come free at once. `returned`,
/// which may be NULL, tells whether every call has returned. Closing again is harmless.
///
/// Ownership: none. Blocking: for up to `timeout` milliseconds and a second, even if the store is away.
/// Threads: any but those of the processor.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_processor_close(
    processor: Option<&BackgroundProcessor>,
    drain: bool,
    timeout: i64,
    returned: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        let returned = returned.map(|returned| returned.write(false));
        let processor = given("processor", processor)?;
        let has_returned =
            processor.core.close(drain, convert::span_of_millis("timeout", timeout)?);
        if let Some(returned) = returned {
            *returned = has_returned;
        }
        Ok(())
    })
}

/// Frees a processor and sets the variable to NULL; NULL is harmless. Drops what waits. A call that has
/// not returned runs on and uses its data: close the processor first, with time enough, and look
/// whether every call has returned.
///
/// Ownership: takes the processor. Blocking: for up to a second. Threads: one, the last to use the
/// processor, and none of its own.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_processor_free(
    processor: Option<&mut Option<Box<BackgroundProcessor>>>,
) {
    boundary!(free(processor));
}

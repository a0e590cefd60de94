//! How a background processor works.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::Arc;

use fairlane::convert;

use crate::background_event::BackgroundEvent;
use crate::background_processor::{Discard, DropFunction};
use crate::boundary::boundary;
use crate::callback::{BackgroundObserverFunction, Observer};
use crate::error::Error;
use crate::handle::{free, given};

/// The options of `fairlane_background_processor_new`; all have defaults. Free them with
/// `fairlane_background_options_free`, at any time after the processor was made.
#[derive(Default)]
pub struct BackgroundOptions {
    pub(crate) core: fairlane::BackgroundOptions,
    pub(crate) discard: Option<Discard>,
}

/// Makes options that are all at their defaults.
///
/// Ownership: the caller frees them. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_options_new() -> Option<Box<BackgroundOptions>> {
    boundary!(Some(Box::default()))
}

/// Sets how many calls run at once, 1 to 1,024: as many threads call the function. 1 by default.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_options_set_concurrency(
    options: Option<&mut BackgroundOptions>,
    concurrency: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.core.concurrency = concurrency;
        Ok(())
    })
}

/// Sets how many milliseconds after this process died its keys come free at the latest, as far as
/// their backoff has passed; 30,000 by default. Keys are kept at a third of that time.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_options_set_lease(
    options: Option<&mut BackgroundOptions>,
    lease: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.core.lease = convert::span_of_millis("lease", lease)?;
        Ok(())
    })
}

/// Sets how many milliseconds each thread rests between two calls; 0 by default.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_options_set_pause(
    options: Option<&mut BackgroundOptions>,
    pause: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.core.pause = convert::span_of_millis("pause", pause)?;
        Ok(())
    })
}

/// Sets what is done while the store cannot serve: work without its knowledge (true, the default), so
/// that something may be done twice, or give its error (false), so that something may be left undone.
///
/// Ownership: none. Blocking: never. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_options_set_fail_open(
    options: Option<&mut BackgroundOptions>,
    fail_open: bool,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.core.fail_open = fail_open;
        Ok(())
    })
}

/// Sets what takes the arguments with which the function is not called, with `data`: those that were
/// not scheduled, and those that were dropped by a close. NULL, the default, is nobody.
///
/// Ownership: `data` stays the caller's, and must last as long as the processor. Blocking: never.
/// Threads: one at a time; the function is called on any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_options_set_drop(
    options: Option<&mut BackgroundOptions>,
    drop: DropFunction,
    data: *mut c_void,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.discard = drop.map(|call| Discard::new(call, data));
        Ok(())
    })
}

/// Has events told to `observer`, on the thread that caused each, with `data`; NULL, the default, is
/// nobody. It must return soon, and must not let a C++ exception out. Failures are logged too.
///
/// Ownership: `data` stays the caller's, and must last as long as the processor and every call of its
/// function. Blocking: never. Threads: one at a time; the observer is called on many at once.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_options_set_observer(
    options: Option<&mut BackgroundOptions>,
    observer: BackgroundObserverFunction,
    data: *mut c_void,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("options", options)?.core.observer = observer.map(|call| {
            let observer = Observer::new(call, data);
            let tell = move |event: &fairlane::background::Event<'_>| {
                if let Some(event) = BackgroundEvent::of(event) {
                    observer.call(&event);
                }
            };
            Arc::new(tell) as _
        });
        Ok(())
    })
}

/// Frees options and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the options. Blocking: never. Threads: one, the last to use the options.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_background_options_free(
    options: Option<&mut Option<Box<BackgroundOptions>>>,
) {
    boundary!(free(options));
}

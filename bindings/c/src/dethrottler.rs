//! A running dethrottler.

use std::mem::MaybeUninit;

use crate::boundary::boundary;
use crate::error::Error;
use crate::handle::{free, given};

/// A running dethrottler; see `fairlane_queue_start_dethrottler`. Free it with
/// `fairlane_dethrottler_free`, which stops it too.
pub struct Dethrottler(pub fairlane::Dethrottler);

/// Stops a dethrottler, and waits until a sweep under way has ended. Stopping again is harmless.
///
/// Ownership: none. Blocking: until a sweep under way has ended. Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_dethrottler_stop(
    dethrottler: Option<&mut Dethrottler>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> i32 {
    boundary!(error, {
        given("dethrottler", dethrottler)?.0.stop();
        Ok(())
    })
}

/// Frees a dethrottler and sets the variable to NULL; NULL is harmless. Stops it.
///
/// Ownership: takes the dethrottler. Blocking: until a sweep under way has ended. Threads: one, the last to use the
/// dethrottler.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_dethrottler_free(dethrottler: Option<&mut Option<Box<Dethrottler>>>) {
    boundary!(free(dethrottler));
}

//! What ends a wait from outside.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fairlane::Result;

use crate::boundary::boundary;
use crate::handle::free;

/// How soon a waiting pop notices that its interrupt was raised. A signal handler may do no more than
/// set a flag, so that the pop has to look.
const INTERVAL: Duration = Duration::from_millis(50);

/// Ends waiting pops from another thread or from a signal handler: any number of pops may be given one
/// interrupt. Free it with `fairlane_interrupt_free`, after the last of them has returned.
#[derive(Default)]
pub struct Interrupt(AtomicU32);

/// Why a wait ended early.
pub enum Ended {
    /// The core failed.
    Failed(fairlane::Error),
    /// The interrupt was raised.
    Interrupted,
}

impl From<fairlane::Error> for Ended {
    fn from(error: fairlane::Error) -> Self {
        Self::Failed(error)
    }
}

impl Interrupt {
    /// Tells how often it was raised since it was cleared.
    pub fn raises(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    fn is_raised(&self) -> bool {
        self.raises() > 0
    }

    /// Gives the longest time between two looks, for a pop that may have an interrupt.
    pub fn interval(interrupt: Option<&Self>) -> Duration {
        interrupt.map_or(Duration::MAX, |_| INTERVAL)
    }

    /// Looks.
    pub fn check(interrupt: Option<&Self>) -> Result<(), Ended> {
        match interrupt {
            Some(interrupt) if interrupt.is_raised() => Err(Ended::Interrupted),
            _ => Ok(()),
        }
    }
}

/// Makes an interrupt that is not raised.
///
/// Ownership: the caller frees it. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_interrupt_new() -> Option<Box<Interrupt>> {
    boundary!(Some(Box::default()))
}

/// Raises an interrupt: pops that wait with it end within 50 ms and give no job, and so do later ones,
/// until it is cleared. May be called from a signal handler. NULL is harmless.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_interrupt_raise(interrupt: Option<&Interrupt>) {
    boundary!(if let Some(interrupt) = interrupt {
        interrupt.0.fetch_add(1, Ordering::Relaxed);
    });
}

/// Clears an interrupt, so that pops wait again. NULL is harmless.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_interrupt_clear(interrupt: Option<&Interrupt>) {
    boundary!(if let Some(interrupt) = interrupt {
        interrupt.0.store(0, Ordering::Relaxed);
    });
}

/// Tells whether an interrupt is raised; false for NULL. May be called from a signal handler.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_interrupt_is_raised(interrupt: Option<&Interrupt>) -> bool {
    boundary!(interrupt.is_some_and(Interrupt::is_raised))
}

/// Frees an interrupt and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the interrupt. Blocking: never. Threads: one, the last to use the interrupt.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_interrupt_free(interrupt: Option<&mut Option<Box<Interrupt>>>) {
    boundary!(free(interrupt));
}

//! What a sweep moved.

use crate::boundary::boundary;
use crate::handle::free;

/// What a sweep moved. Free it with `fairlane_swept_free`.
pub struct Swept(pub fairlane::Swept);

/// Gives the delayed jobs that came due.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_swept_due(swept: Option<&Swept>) -> u64 {
    boundary!(swept.map_or(0, |swept| swept.0.due))
}

/// Gives the leases that lapsed.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_swept_lapsed(swept: Option<&Swept>) -> u64 {
    boundary!(swept.map_or(0, |swept| swept.0.lapsed))
}

/// Gives the throttled lanes whose time came.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_swept_woken(swept: Option<&Swept>) -> u64 {
    boundary!(swept.map_or(0, |swept| swept.0.woken))
}

/// Frees what a sweep gave and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the swept. Blocking: never. Threads: one, the last to use the swept.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_swept_free(swept: Option<&mut Option<Box<Swept>>>) {
    boundary!(free(swept));
}

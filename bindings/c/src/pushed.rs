//! What a push did.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::OnceLock;

use crate::boundary::boundary;
use crate::handle::free;
use crate::text::{Text, show};

/// What a push did; goes with its list.
pub struct Pushed {
    pushed: fairlane::Pushed,
    /// Made when it is asked for.
    id: OnceLock<Text>,
}

impl From<fairlane::Pushed> for Pushed {
    fn from(pushed: fairlane::Pushed) -> Self {
        Self { pushed, id: OnceLock::new() }
    }
}

/// Gives the job's id; that of the job that holds the key, if the push made none.
///
/// Ownership: the list keeps the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_pushed_id(
    pushed: Option<&Pushed>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!({
        let text = |pushed: &Pushed| Text::of(pushed.pushed.id);
        show(pushed.map(|pushed| pushed.id.get_or_init(|| text(pushed))), length)
    })
}

/// Tells whether the push made a job.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_pushed_is_new(pushed: Option<&Pushed>) -> bool {
    boundary!(pushed.is_some_and(|pushed| pushed.pushed.is_new))
}

/// What `fairlane_queue_push_many` did, in the order of its jobs.
pub struct PushedList(pub Vec<Pushed>);

/// Gives the number of items of a list; 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_pushed_list_count(list: Option<&PushedList>) -> usize {
    boundary!(list.map_or(0, |list| list.0.len()))
}

/// Gives an item of a list, the first at 0; NULL beyond the last one.
///
/// Ownership: the list keeps the item. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_pushed_list_at(
    list: Option<&PushedList>,
    index: usize,
) -> Option<&Pushed> {
    boundary!(list.and_then(|list| list.0.get(index)))
}

/// Frees a list and sets the variable to NULL; NULL is harmless.
///
/// Ownership: takes the list. Blocking: never. Threads: one, the last to use the list.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_pushed_list_free(list: Option<&mut Option<Box<PushedList>>>) {
    boundary!(free(list));
}

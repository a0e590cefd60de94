//! Forks of a process that has queues open.

use crate::boundary::boundary;

/// Announces a fork: lets the calls under way end and closes the files of all queues. A child of a
/// fork that was not announced gets FAIRLANE_UNSUPPORTED from a queue in a file that was opened
/// before it; queues on Redis need no announcement. The three functions fit `pthread_atfork`.
///
/// Ownership: none. Blocking: until the calls under way have ended. Threads: the one that forks.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_before_fork() {
    boundary!(fairlane::fork::prepare());
}

/// Goes on in the parent, or after a fork that failed.
///
/// Ownership: none. Blocking: never. Threads: the one that forks.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_after_fork_in_parent() {
    boundary!(fairlane::fork::resume_parent());
}

/// Goes on in the child.
///
/// Ownership: none. Blocking: never. Threads: the one that forks.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_after_fork_in_child() {
    boundary!(fairlane::fork::resume_child());
}

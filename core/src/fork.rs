//! Forks of a process that has queues open.
//!
//! SQLite must not be carried across a fork, and neither must a mutex that another thread holds. A
//! program that forks, and goes on using its queues, announces it: [`prepare`] lets the calls under
//! way end and closes the connections, [`resume_parent`] and [`resume_child`] let both sides go on;
//! each opens connections of its own at its next call. The Python package registers them by itself.
//! A child of a fork that was not announced gets `Unsupported` from handles opened before it.
//!
//! Queues on Redis need no announcement: a child makes connections of its own.

/// Announces a fork; blocks until the calls under way have ended. Calls of other threads wait until
/// [`resume_parent`]. To be called by the thread that forks.
pub fn prepare() {
    #[cfg(feature = "sqlite")]
    crate::store::sqlite::fork::prepare();
}

/// Goes on in the parent, or after a fork that failed.
pub fn resume_parent() {
    #[cfg(feature = "sqlite")]
    crate::store::sqlite::fork::resume_parent();
}

/// Goes on in the child.
pub fn resume_child() {
    #[cfg(feature = "sqlite")]
    crate::store::sqlite::fork::resume_child();
}

/// Gives the number of this process; 0 where there are no processes, and so no forks.
pub(crate) fn process() -> u32 {
    if cfg!(target_family = "wasm") { 0 } else { std::process::id() }
}

//! Forks: no connection is open across one, and a child opens its own.

use std::cell::RefCell;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use crate::error::{Error, ErrorCode, Result};
use crate::lock::lock;
use crate::store::sqlite::engine::{ENGINES, Engine, Engines};

/// What the forking thread holds while it forks.
struct Held {
    /// No engine is made or found meanwhile.
    engines: MutexGuard<'static, Engines>,
    paused: Vec<Arc<Engine>>,
}

thread_local! {
    static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
}

/// The process that came from the last prepared fork.
static PREPARED: AtomicU32 = AtomicU32::new(0);

pub(crate) fn prepare() {
    let engines = lock(&ENGINES);
    let paused: Vec<_> = engines.live().into_iter().filter(|engine| engine.is_ours()).collect();
    for engine in &paused {
        engine.pause();
    }
    HELD.with_borrow_mut(|held| *held = Some(Held { engines, paused }));
}

pub(crate) fn resume_parent() {
    if let Some(Held { engines, paused }) = HELD.take() {
        drop(engines);
        for engine in paused {
            engine.resume();
        }
    }
}

pub(crate) fn resume_child() {
    PREPARED.store(crate::fork::process(), Ordering::SeqCst);
    if let Some(Held { mut engines, paused }) = HELD.take() {
        engines.forget();
        // Never dropped: closing the parent's side-car here would drop the locks that this process
        // is about to take on the same file.
        std::mem::forget(paused);
    }
}

/// Finds this process's own engine for a handle that was opened before the fork.
pub(super) fn reopen(path: &Path, patience: Duration) -> Result<Arc<Engine>> {
    if PREPARED.load(Ordering::SeqCst) != crate::fork::process() {
        return Err(Error::new(
            ErrorCode::Unsupported,
            "queue was opened before a fork that was not announced: call fork::prepare before it",
        ));
    }
    Engine::of(path, patience)
}

//! What stands for the side-car where there is one process: in WebAssembly.
//!
//! A page's files are open in one worker at a time; the browser sees to that. So nobody else is
//! alive, waits or is rung, and whatever lease is found when a worker begins to take jobs belongs to
//! one that has ended: it is taken over at once, as that of any dead process.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use crate::error::Result;
use crate::store::sqlite::bell::Heard;

/// Whether no other process can have the file open.
pub(super) const IS_ALONE: bool = true;

/// Tells whether a file is there. One that is open is.
pub(super) fn exists(_path: &Path) -> bool {
    true
}

/// Gives the one path of a file: there are no folders and no links.
pub(super) fn absolute(path: &Path) -> Result<PathBuf> {
    Ok(path.to_owned())
}

/// A process's slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) index: usize,
    pub(super) incarnation: i64,
}

/// The one process.
#[derive(Debug, Default)]
pub(super) struct Sidecar {
    incarnation: OnceLock<i64>,
}

impl Sidecar {
    pub(super) fn open(_path: &Path) -> io::Result<Self> {
        Ok(Self::default())
    }

    pub(super) fn is_at(&self, _path: &Path) -> bool {
        true
    }

    pub(super) fn incarnation(&self) -> Option<i64> {
        self.incarnation.get().copied()
    }

    pub(super) fn lock_free_slot(&self) -> io::Result<Slot> {
        Ok(Slot { index: 0, incarnation: 0 })
    }

    pub(super) fn owners_but(&self, _index: usize) -> io::Result<Vec<i64>> {
        Ok(Vec::new())
    }

    pub(super) fn write_own(&self, _slot: usize, incarnation: i64) -> io::Result<i64> {
        Ok(incarnation)
    }

    pub(super) fn own(&self, incarnation: i64) {
        let _ = self.incarnation.set(incarnation);
    }

    pub(super) fn set_waits(&self, _waits: bool) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn leave(&self) {}

    pub(super) fn lock_dead(&self) -> io::Result<Vec<Slot>> {
        Ok(Vec::new())
    }

    pub(super) fn bury(&self, slot: Slot) -> io::Result<()> {
        self.unlock(slot.index)
    }

    pub(super) fn unlock(&self, _index: usize) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn ring_others(&self, _count: usize) -> bool {
        false
    }

    pub(super) fn ring_self(&self) {}

    pub(super) fn call(&self, _incarnation: i64) {}

    pub(super) fn listen(&self, _timeout: Duration) -> Option<Heard> {
        None
    }
}

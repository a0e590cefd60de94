//! The side-car file beside the database: who is alive, who waits, and how to ring them.
//!
//! Each process that takes jobs owns a slot: 16 bytes of the file, a lock, and a datagram socket. The
//! system gives the lock up when the process dies in whatever way, so a slot with an incarnation and
//! without a lock is that of a dead process. Only the owner writes a slot, or who holds its lock after
//! the owner's death.
//!
//! A waiting process sleeps on its socket and is rung only if its slot says that it waits. A socket
//! needs no shared memory to be mapped, so this crate needs no `unsafe`; one ring costs some 20 us.
//!
//! How slots are locked and processes rung is the [`Platform`]'s business.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;

use crate::error::{Error, Result};
use crate::store::sqlite::bell::Heard;
use crate::store::sqlite::engine::io_error;

mod slots;
#[cfg(test)]
mod tests;
#[cfg(unix)]
mod unix;
#[cfg(any(windows, test))]
mod windows;

use slots::{Address, MAX_SLOTS, Slot, Slots};

/// This process's end of the side-car file.
#[cfg(unix)]
pub(super) type Sidecar = SidecarOf<unix::Unix>;
/// This process's end of the side-car file.
#[cfg(windows)]
pub(super) type Sidecar = SidecarOf<windows::Windows>;

/// Whether no other process can have the file open.
pub(super) const IS_ALONE: bool = false;

/// Tells whether a file is there.
pub(super) fn exists(path: &Path) -> bool {
    path.exists()
}

/// Gives the one path of a file: it must not be opened twice under two names.
pub(super) fn absolute(path: &Path) -> Result<PathBuf> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let Some(name) = path.file_name() else {
        return Err(Error::invalid(format!("path {} names no file", path.display())));
    };
    // A link to the file is the file.
    if let Ok(found) = path.canonicalize() {
        return Ok(found);
    }
    let parent = parent
        .canonicalize()
        .map_err(|error| io_error(path, "cannot be opened, its folder is not there", &error))?;
    Ok(parent.join(name))
}

/// How processes lock slots and ring each other.
pub(super) trait Platform: Sized {
    /// What a process is rung at; it never blocks.
    type Socket: AsFd;

    /// Begins with the file of slots, which lies at `path`.
    fn open(path: &Path, slots: &File) -> io::Result<Self>;

    /// Tells whether `path` still names the file of slots.
    fn is_at(&self, path: &Path) -> bool;

    /// Locks a slot, if no other process has; this one may have.
    fn try_lock(&self, slots: &File, index: usize) -> io::Result<bool>;

    fn unlock(&self, slots: &File, index: usize) -> io::Result<()>;

    /// Gives a slot's process what it is rung at, and others what they need for that.
    fn bind(&self, slot: usize, incarnation: i64) -> io::Result<(Self::Socket, Address)>;

    fn ring(&self, slot: &Slot, what: Ring) -> io::Result<()>;

    /// Takes in what has come; tells what it was rung for, `None` if it was no ring.
    fn heard(socket: &Self::Socket, address: &Address) -> Option<Heard>;
}

/// What a ring says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ring {
    /// Nothing but "wake up", of a process to itself.
    Wake = 0,
    /// There may be work.
    Work = 1,
    /// A job has ended for which somebody waits.
    End = 2,
}

impl Ring {
    /// Adds what a byte says to what was heard.
    fn hear(byte: u8, heard: &mut Option<Heard>) {
        let heard = heard.get_or_insert_default();
        heard.work |= byte == Self::Work as u8;
        heard.ends |= byte == Self::End as u8;
    }
}

/// This process's end of the side-car file of a platform.
#[derive(Debug)]
pub(super) struct SidecarOf<P: Platform> {
    slots: Slots,
    platform: P,
    own: OnceLock<Own<P::Socket>>,
}

/// The slot that this process has written.
#[derive(Debug)]
pub(super) struct Own<S> {
    slot: Slot,
    socket: S,
}

impl<P: Platform> SidecarOf<P> {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let slots = Slots::open(path)?;
        let platform = P::open(path, slots.file())?;
        Ok(Self { slots, platform, own: OnceLock::new() })
    }

    /// Tells whether `path` still names this side-car's file.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        self.platform.is_at(path)
    }

    /// Gives this process's incarnation, once it has a slot.
    pub(super) fn incarnation(&self) -> Option<i64> {
        self.own.get().map(|own| own.slot.incarnation)
    }

    /// Locks a slot that no live process has, and tells what is in it.
    pub(super) fn lock_free_slot(&self) -> io::Result<Slot> {
        for index in 0..MAX_SLOTS {
            if self.try_lock(index)? {
                return self.slots.read(index);
            }
        }
        Err(io::Error::other(format!("{MAX_SLOTS} processes already take jobs from this file")))
    }

    /// Lists the incarnations of all slots but one.
    pub(super) fn owners_but(&self, index: usize) -> io::Result<Vec<i64>> {
        let slots = self.slots.read_all()?.into_iter();
        let others = slots.filter(|slot| slot.index != index && slot.incarnation != 0);
        Ok(others.map(|slot| slot.incarnation).collect())
    }

    /// Writes a locked slot that is to be this process's own.
    pub(super) fn write_own(&self, index: usize, incarnation: i64) -> io::Result<Own<P::Socket>> {
        let (socket, address) = self.platform.bind(index, incarnation)?;
        let slot = Slot { index, incarnation, waits: false, address };
        self.slots.write(slot)?;
        Ok(Own { slot, socket })
    }

    /// Makes a slot that was written this process's own.
    pub(super) fn own(&self, own: Own<P::Socket>) {
        let _ = self.own.set(own);
    }

    /// Says whether a thread of this process waits.
    pub(super) fn set_waits(&self, waits: bool) -> io::Result<()> {
        match self.own.get() {
            Some(own) => self.slots.write(Slot { waits, ..own.slot }),
            None => Ok(()),
        }
    }

    /// Gives this process's slot up. The lock goes with the file.
    pub(super) fn leave(&self) {
        if let Some(own) = self.own.get()
            && let Err(error) = self.slots.write(own.slot.emptied())
        {
            log::debug!("slot {} was not given up: {error}", own.slot.index);
        }
    }

    /// Locks the slots of processes that have died; the caller ends each with [`Self::bury`].
    pub(super) fn lock_dead(&self) -> io::Result<Vec<Slot>> {
        let mut dead = Vec::new();
        for slot in self.others()? {
            if self.try_lock(slot.index)? {
                // Read again under the lock: another may have buried it or moved in meanwhile.
                match self.slots.read(slot.index)? {
                    Slot { incarnation: 0, .. } => self.unlock(slot.index)?,
                    slot => dead.push(slot),
                }
            }
        }
        Ok(dead)
    }

    /// Frees the slot of a dead process, whose leases have been taken over.
    pub(super) fn bury(&self, slot: Slot) -> io::Result<()> {
        self.slots.write(slot.emptied())?;
        self.unlock(slot.index)
    }

    /// Gives a locked slot back as it is: its leases could not be taken over now.
    pub(super) fn unlock(&self, index: usize) -> io::Result<()> {
        self.platform.unlock(self.slots.file(), index)
    }

    /// Rings up to `count` other processes that wait; tells whether any other has a slot.
    pub(super) fn ring_others(&self, count: usize) -> bool {
        let Ok(others) = self.others() else { return true };
        let mut rung = 0;
        for slot in others.iter().filter(|slot| slot.waits) {
            if rung == count {
                break;
            }
            // A full socket has been rung already; a dead one has nobody to ring.
            rung += usize::from(self.platform.ring(slot, Ring::Work).is_ok());
        }
        !others.is_empty()
    }

    /// Calls the process of that incarnation, if it still lives: a job has ended for which it waits.
    pub(super) fn call(&self, incarnation: i64) {
        let others = self.others().unwrap_or_default();
        for slot in others.iter().filter(|slot| slot.incarnation == incarnation) {
            if let Err(error) = self.platform.ring(slot, Ring::End) {
                log::debug!("slot {} was not called: {error}", slot.index);
            }
        }
    }

    /// Wakes the thread of this process that listens.
    pub(super) fn ring_self(&self) {
        if let Some(own) = self.own.get()
            && let Err(error) = self.platform.ring(&own.slot, Ring::Wake)
        {
            log::debug!("this process could not ring itself: {error}");
        }
    }

    /// Sleeps until this process is rung or `timeout` has passed; tells what it was rung for, `None`
    /// if it was not.
    pub(super) fn listen(&self, timeout: Duration) -> Option<Heard> {
        let own = self.own.get()?;
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || !is_readable(&own.socket, left) {
                return None;
            }
            if let Some(heard) = P::heard(&own.socket, &own.slot.address) {
                return Some(heard);
            }
        }
    }

    /// Lists the slots of other processes.
    fn others(&self) -> io::Result<Vec<Slot>> {
        let own = self.own.get().map(|own| own.slot.index);
        let mut slots = self.slots.read_all()?;
        slots.retain(|slot| slot.incarnation != 0 && Some(slot.index) != own);
        Ok(slots)
    }

    fn try_lock(&self, index: usize) -> io::Result<bool> {
        self.platform.try_lock(self.slots.file(), index)
    }
}

/// Waits until something has come or `timeout` has passed.
fn is_readable(socket: &impl AsFd, timeout: Duration) -> bool {
    let mut sources = [PollFd::new(socket, PollFlags::IN)];
    // Rounded up: a wait that ends a little early would be spent in a busy loop.
    let timeout = timeout.as_nanos().div_ceil(1_000_000);
    let timeout = Duration::from_millis(u64::try_from(timeout).unwrap_or(u64::MAX));
    let Ok(timeout) = Timespec::try_from(timeout) else { return false };
    poll(&mut sources, Some(&timeout)).is_ok_and(|count| count > 0)
}

//! The side-car file beside the database: who is alive, who waits, and how to ring them.
//!
//! Each process that takes jobs owns a slot: 16 bytes of the file, a POSIX lock on a byte beyond
//! them, and a datagram socket. The kernel gives the lock up when the process dies in whatever way,
//! so a slot with an incarnation and without a lock is that of a dead process. Only the owner writes
//! a slot, or who holds its lock after the owner's death.
//!
//! A waiting process sleeps on its socket and is rung only if its slot says that it waits. A socket
//! needs no shared memory to be mapped, so this crate needs no `unsafe`; one ring costs some 20 us.
//!
//! POSIX locks belong to the process and are dropped when it closes any descriptor of the file: so
//! a process opens the file once, and a forked child, which inherits the descriptor but no lock,
//! makes a side-car of its own.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::error::{Error, Result};
use crate::store::sqlite::engine::io_error;

/// Whether no other process can have the file open.
pub(super) const IS_ALONE: bool = false;

/// The most processes that take jobs from one file at a time.
const MAX_SLOTS: usize = 1024;
const SLOT_BYTES: usize = 16;
/// The locks lie beyond all slots.
const LOCKS_AT: usize = MAX_SLOTS * SLOT_BYTES;

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

/// A process's slot, as the file tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) index: usize,
    /// Which process: a number that is given once in the life of the database; 0 if it is free.
    pub(super) incarnation: i64,
    pub(super) waits: bool,
}

/// This process's end of the side-car file.
#[derive(Debug)]
pub(super) struct Sidecar {
    file: File,
    /// What the addresses of this file's sockets have in common.
    identity: (u64, u64),
    own: OnceLock<Own>,
}

/// The slot that this process has written.
#[derive(Debug)]
pub(super) struct Own {
    slot: usize,
    incarnation: i64,
    socket: UnixDatagram,
}

impl Sidecar {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let metadata = file.metadata()?;
        Ok(Self { file, identity: (metadata.dev(), metadata.ino()), own: OnceLock::new() })
    }

    /// Tells whether `path` still names this side-car's file.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        path.metadata().is_ok_and(|found| (found.dev(), found.ino()) == self.identity)
    }

    /// Gives this process's incarnation, once it has a slot.
    pub(super) fn incarnation(&self) -> Option<i64> {
        self.own.get().map(|own| own.incarnation)
    }

    /// Locks a slot that no live process has, and tells what is in it.
    pub(super) fn lock_free_slot(&self) -> io::Result<Slot> {
        for index in 0..MAX_SLOTS {
            if self.try_lock(index)? {
                return self.slot(index);
            }
        }
        Err(io::Error::other(format!("{MAX_SLOTS} processes already take jobs from this file")))
    }

    /// Lists the incarnations of all slots but one.
    pub(super) fn owners_but(&self, index: usize) -> io::Result<Vec<i64>> {
        let slots = self.slots()?.into_iter();
        let others = slots.filter(|slot| slot.index != index && slot.incarnation != 0);
        Ok(others.map(|slot| slot.incarnation).collect())
    }

    /// Writes a locked slot that is to be this process's own.
    pub(super) fn write_own(&self, slot: usize, incarnation: i64) -> io::Result<Own> {
        let socket = UnixDatagram::bind_addr(&self.address(slot, incarnation)?)?;
        socket.set_nonblocking(true)?;
        self.write(Slot { index: slot, incarnation, waits: false })?;
        Ok(Own { slot, incarnation, socket })
    }

    /// Makes a slot that was written this process's own.
    pub(super) fn own(&self, own: Own) {
        let _ = self.own.set(own);
    }

    /// Says whether a thread of this process waits.
    pub(super) fn set_waits(&self, waits: bool) -> io::Result<()> {
        match self.own.get() {
            Some(own) => self.write(Slot { index: own.slot, incarnation: own.incarnation, waits }),
            None => Ok(()),
        }
    }

    /// Gives this process's slot up. The lock goes with the file.
    pub(super) fn leave(&self) {
        if let Some(own) = self.own.get() {
            let empty = Slot { index: own.slot, incarnation: 0, waits: false };
            if let Err(error) = self.write(empty) {
                log::debug!("slot {} was not given up: {error}", own.slot);
            }
        }
    }

    /// Locks the slots of processes that have died; the caller ends each with [`Sidecar::bury`].
    pub(super) fn lock_dead(&self) -> io::Result<Vec<Slot>> {
        let own = self.own.get().map(|own| own.slot);
        let mut dead = Vec::new();
        for slot in self.slots()? {
            if slot.incarnation != 0 && Some(slot.index) != own && self.try_lock(slot.index)? {
                // Read again under the lock: another may have buried it or moved in meanwhile.
                match self.slot(slot.index)? {
                    Slot { incarnation: 0, .. } => self.unlock(slot.index)?,
                    slot => dead.push(slot),
                }
            }
        }
        Ok(dead)
    }

    /// Frees the slot of a dead process, whose leases have been taken over.
    pub(super) fn bury(&self, slot: Slot) -> io::Result<()> {
        self.write(Slot { incarnation: 0, waits: false, ..slot })?;
        self.unlock(slot.index)
    }

    /// Gives a locked slot back as it is: its leases could not be taken over now.
    pub(super) fn unlock(&self, index: usize) -> io::Result<()> {
        self.lock_byte(index, libc::F_UNLCK)
    }

    /// Rings up to `count` other processes that wait; tells whether any other has a slot.
    pub(super) fn ring_others(&self, count: usize) -> bool {
        let own = self.own.get().map(|own| own.slot);
        let Ok(mut slots) = self.slots() else { return true };
        slots.retain(|slot| slot.incarnation != 0 && Some(slot.index) != own);
        let mut rung = 0;
        for slot in slots.iter().filter(|slot| slot.waits) {
            if rung == count {
                break;
            }
            // A full socket has been rung already; a dead one has nobody to ring.
            rung += usize::from(self.ring(slot.index, slot.incarnation).is_ok());
        }
        !slots.is_empty()
    }

    /// Wakes the thread of this process that listens.
    pub(super) fn ring_self(&self) {
        if let Some(own) = self.own.get()
            && let Err(error) = self.ring(own.slot, own.incarnation)
        {
            log::debug!("this process could not ring itself: {error}");
        }
    }

    fn ring(&self, slot: usize, incarnation: i64) -> io::Result<()> {
        thread_local! {
            static BELL: Option<UnixDatagram> = UnixDatagram::unbound()
                .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
                .ok();
        }
        let address = self.address(slot, incarnation)?;
        BELL.with(|bell| match bell {
            Some(bell) => bell.send_to_addr(&[1], &address).map(|_| ()),
            None => Err(io::Error::other("no socket to ring with")),
        })
    }

    /// Sleeps until this process is rung or `timeout` has passed; tells whether it was rung.
    pub(super) fn listen(&self, timeout: Duration) -> bool {
        let Some(own) = self.own.get() else { return false };
        let mut sources = [PollFd::new(own.socket.as_fd(), PollFlags::POLLIN)];
        // Rounded up: a wait that ends a little early would be spent in a busy loop.
        let timeout = timeout.as_nanos().div_ceil(1_000_000);
        let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX);
        if poll(&mut sources, timeout).unwrap_or(0) == 0 {
            return false;
        }
        let mut rings = [0; 8];
        let mut is_rung = false;
        while own.socket.recv(&mut rings).is_ok() {
            is_rung = true;
        }
        is_rung
    }

    fn slot(&self, index: usize) -> io::Result<Slot> {
        let mut bytes = [0; SLOT_BYTES];
        let mut read = 0;
        while read < SLOT_BYTES {
            match self.file.read_at(&mut bytes[read..], (index * SLOT_BYTES + read) as u64)? {
                0 => break,
                more => read += more,
            }
        }
        Ok(decode(index, &bytes))
    }

    fn slots(&self) -> io::Result<Vec<Slot>> {
        let mut bytes = [0; 64 * SLOT_BYTES];
        let mut slots = Vec::new();
        for first in (0..MAX_SLOTS).step_by(64) {
            let read = self.file.read_at(&mut bytes, (first * SLOT_BYTES) as u64)?;
            for (index, bytes) in bytes[..read].chunks_exact(SLOT_BYTES).enumerate() {
                slots.push(decode(first + index, bytes));
            }
            if read < bytes.len() {
                break;
            }
        }
        Ok(slots)
    }

    fn write(&self, slot: Slot) -> io::Result<()> {
        let mut bytes = [0; SLOT_BYTES];
        bytes[..8].copy_from_slice(&slot.incarnation.to_le_bytes());
        bytes[8] = u8::from(slot.waits);
        self.file.write_all_at(&bytes, (slot.index * SLOT_BYTES) as u64)
    }

    fn try_lock(&self, index: usize) -> io::Result<bool> {
        match self.lock_byte(index, libc::F_WRLCK) {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn lock_byte(&self, index: usize, kind: libc::c_int) -> io::Result<()> {
        let range = libc::flock {
            l_type: kind as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: (LOCKS_AT + index) as libc::off_t,
            l_len: 1,
            l_pid: 0,
        };
        fcntl(&self.file, FcntlArg::F_SETLK(&range))?;
        Ok(())
    }

    /// Names a slot's socket. The incarnation is in the name, so that a ring meant for a dead
    /// process never reaches the next one, and nobody inherits an address that is still bound.
    #[cfg(target_os = "linux")]
    fn address(&self, slot: usize, incarnation: i64) -> io::Result<SocketAddr> {
        use std::os::linux::net::SocketAddrExt;
        let (device, inode) = self.identity;
        SocketAddr::from_abstract_name(format!(
            "fairlane/{device:x}/{inode:x}/{slot}/{incarnation}"
        ))
    }

    #[cfg(not(target_os = "linux"))]
    fn address(&self, slot: usize, incarnation: i64) -> io::Result<SocketAddr> {
        let (device, inode) = self.identity;
        let name = format!("fairlane-{device:x}-{inode:x}-{slot}-{incarnation}");
        SocketAddr::from_pathname(std::env::temp_dir().join(name))
    }
}

fn decode(index: usize, bytes: &[u8]) -> Slot {
    let mut incarnation = [0; 8];
    incarnation.copy_from_slice(&bytes[..8]);
    Slot { index, incarnation: i64::from_le_bytes(incarnation), waits: bytes[8] != 0 }
}

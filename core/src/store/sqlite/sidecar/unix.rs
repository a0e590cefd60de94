//! Unix: POSIX locks on bytes beyond the slots, and datagram sockets whose names follow from them.
//!
//! POSIX locks belong to the process and are dropped when it closes any descriptor of the file: so
//! a process opens the file once, and a forked child, which inherits the descriptor but no lock,
//! makes a side-car of its own.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::slots::{Address, MAX_SLOTS, SLOT_BYTES, Slot};
use super::{Heard, Platform, Ring};

/// The locks lie beyond all slots.
const LOCKS_AT: usize = MAX_SLOTS * SLOT_BYTES;

/// What the names of a file's sockets have in common.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store::sqlite) struct Unix {
    device: u64,
    inode: u64,
}

impl Platform for Unix {
    type Socket = UnixDatagram;

    fn open(_path: &Path, file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self { device: metadata.dev(), inode: metadata.ino() })
    }

    fn is_at(&self, path: &Path) -> bool {
        path.metadata().is_ok_and(|found| (found.dev(), found.ino()) == (self.device, self.inode))
    }

    fn try_lock(&self, file: &File, index: usize) -> io::Result<bool> {
        match lock_byte(file, index, libc::F_WRLCK) {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn unlock(&self, file: &File, index: usize) -> io::Result<()> {
        lock_byte(file, index, libc::F_UNLCK)
    }

    fn bind(&self, slot: usize, incarnation: i64) -> io::Result<(UnixDatagram, Address)> {
        let socket = UnixDatagram::bind_addr(&self.name(slot, incarnation)?)?;
        socket.set_nonblocking(true)?;
        Ok((socket, Address::default()))
    }

    fn ring(&self, slot: &Slot, what: Ring) -> io::Result<()> {
        thread_local! {
            static BELL: Option<UnixDatagram> = UnixDatagram::unbound()
                .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
                .ok();
        }
        let name = self.name(slot.index, slot.incarnation)?;
        BELL.with(|bell| match bell {
            Some(bell) => bell.send_to_addr(&[what as u8], &name).map(|_| ()),
            None => Err(io::Error::other("no socket to ring with")),
        })
    }

    fn heard(socket: &UnixDatagram, _address: &Address) -> Option<Heard> {
        let mut ring = [0; 1];
        let mut heard = None;
        while socket.recv(&mut ring).is_ok() {
            Ring::hear(ring[0], &mut heard);
        }
        heard
    }
}

impl Unix {
    /// Names a slot's socket. The incarnation is in the name, so that a ring meant for a dead
    /// process never reaches the next one, and nobody inherits an address that is still bound.
    #[cfg(target_os = "linux")]
    fn name(&self, slot: usize, incarnation: i64) -> io::Result<SocketAddr> {
        use std::os::linux::net::SocketAddrExt;
        let Self { device, inode } = self;
        SocketAddr::from_abstract_name(format!(
            "fairlane/{device:x}/{inode:x}/{slot}/{incarnation}"
        ))
    }

    #[cfg(not(target_os = "linux"))]
    fn name(&self, slot: usize, incarnation: i64) -> io::Result<SocketAddr> {
        let Self { device, inode } = self;
        let name = format!("fairlane-{device:x}-{inode:x}-{slot}-{incarnation}");
        SocketAddr::from_pathname(std::env::temp_dir().join(name))
    }
}

fn lock_byte(file: &File, index: usize, kind: libc::c_int) -> io::Result<()> {
    let range = libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: (LOCKS_AT + index) as libc::off_t,
        l_len: 1,
        l_pid: 0,
    };
    fcntl(file, FcntlArg::F_SETLK(&range))?;
    Ok(())
}

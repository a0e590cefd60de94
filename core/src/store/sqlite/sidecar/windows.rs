//! Windows: a lock file beside the side-car for each slot, and datagrams to ports of this machine.
//!
//! Nothing in here is bound to Windows, so that its tests run everywhere.
//!
//! A locked range cannot be read by others there, and the standard library locks whole files: so
//! locks and slots are in different files. A lock file is never removed; there are as many of them as
//! there were processes at a time. The locks belong to the handle: the system drops them when it
//! closes the handles of a process that has died.
//!
//! A slot tells the port of its process and a number that was drawn when it was bound. What comes
//! without that number rings nobody: a port may have had another owner before.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::slots::{Address, Slot, open_or_create};
use super::{Heard, Platform, Ring};
use crate::lock::lock;

/// The lock files that this process has locked, and which file they are for.
#[derive(Debug)]
pub(in crate::store::sqlite) struct Windows {
    path: PathBuf,
    identity: same_file::Handle,
    locked: Mutex<HashMap<usize, File>>,
}

impl Platform for Windows {
    type Socket = UdpSocket;

    fn open(path: &Path, file: &File) -> io::Result<Self> {
        let identity = same_file::Handle::from_file(file.try_clone()?)?;
        Ok(Self { path: path.to_owned(), identity, locked: Mutex::default() })
    }

    fn is_at(&self, path: &Path) -> bool {
        same_file::Handle::from_path(path).is_ok_and(|found| found == self.identity)
    }

    fn try_lock(&self, _slots: &File, index: usize) -> io::Result<bool> {
        let mut locked = lock(&self.locked);
        if locked.contains_key(&index) {
            return Ok(true);
        }
        let file = open_or_create(&self.lock_path(index))?;
        match file.try_lock() {
            Ok(()) => {
                locked.insert(index, file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn unlock(&self, _slots: &File, index: usize) -> io::Result<()> {
        if let Some(file) = lock(&self.locked).remove(&index)
            && let Err(error) = file.unlock()
        {
            // Closing the file does it as well, though the system may take its time then.
            log::debug!("lock of slot {index} goes with its file: {error}");
        }
        Ok(())
    }

    fn bind(&self, _slot: usize, _incarnation: i64) -> io::Result<(UdpSocket, Address)> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        let [high, low] = socket.local_addr()?.port().to_be_bytes();
        let [a, b, c, d] = fastrand::u32(..).to_be_bytes();
        Ok((socket, [high, low, a, b, c, d]))
    }

    fn ring(&self, slot: &Slot, what: Ring) -> io::Result<()> {
        thread_local! {
            static BELL: Option<UdpSocket> = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
                .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
                .ok();
        }
        let [high, low, a, b, c, d] = slot.address;
        let address = (Ipv4Addr::LOCALHOST, u16::from_be_bytes([high, low]));
        BELL.with(|bell| match bell {
            Some(bell) => bell.send_to(&[a, b, c, d, what as u8], address).map(|_| ()),
            None => Err(io::Error::other("no socket to ring with")),
        })
    }

    fn heard(socket: &UdpSocket, address: &Address) -> Option<Heard> {
        let [_, _, number @ ..] = address;
        let mut datagram = [0; 8];
        let mut heard = None;
        loop {
            match socket.recv(&mut datagram) {
                Ok(length) => {
                    if let [sender @ .., what] = &datagram[..length]
                        && sender == number
                    {
                        Ring::hear(*what, &mut heard);
                    }
                }
                // Longer than any ring, which Windows calls an error.
                Err(error) if is_too_long(&error) => {}
                Err(_) => return heard,
            }
        }
    }
}

impl Windows {
    fn lock_path(&self, index: usize) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!("-{index}"));
        name.into()
    }
}

fn is_too_long(error: &io::Error) -> bool {
    const WSAEMSGSIZE: i32 = 10040;
    cfg!(windows) && error.raw_os_error() == Some(WSAEMSGSIZE)
}

//! The slots as they lie in the side-car file.
//!
//! | bytes of a slot | content |
//! | --- | --- |
//! | 0 to 7 | the incarnation of its process, little-endian; 0 if it is free |
//! | 8 | 1 if a thread of the process waits |
//! | 10 to 15 | what the platform needs to ring the process |

use std::fs::{File, OpenOptions};
use std::io;
#[cfg(unix)]
use std::os::unix::fs::FileExt;
#[cfg(windows)]
use std::os::windows::fs::FileExt;
use std::path::Path;

/// The most processes that take jobs from one file at a time.
pub(super) const MAX_SLOTS: usize = 1024;
pub(super) const SLOT_BYTES: usize = 16;
/// How many slots are read at a time.
const RUN: usize = 64;

/// What the platform needs to ring a process.
pub(super) type Address = [u8; 6];

/// A process's slot, as the file tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store::sqlite) struct Slot {
    pub(in crate::store::sqlite) index: usize,
    /// Which process: a number that is given once in the life of the database; 0 if it is free.
    pub(in crate::store::sqlite) incarnation: i64,
    pub(super) waits: bool,
    pub(super) address: Address,
}

/// The file of slots.
#[derive(Debug)]
pub(super) struct Slots(File);

impl Slots {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        open_or_create(path).map(Self)
    }

    pub(super) fn file(&self) -> &File {
        &self.0
    }

    pub(super) fn read(&self, index: usize) -> io::Result<Slot> {
        let mut bytes = [0; SLOT_BYTES];
        let mut read = 0;
        while read < SLOT_BYTES {
            match read_at(&self.0, &mut bytes[read..], index * SLOT_BYTES + read)? {
                0 => break,
                more => read += more,
            }
        }
        Ok(decode(index, &bytes))
    }

    pub(super) fn read_all(&self) -> io::Result<Vec<Slot>> {
        let mut bytes = [0; RUN * SLOT_BYTES];
        let mut slots = Vec::new();
        for first in (0..MAX_SLOTS).step_by(RUN) {
            let read = read_at(&self.0, &mut bytes, first * SLOT_BYTES)?;
            for (index, bytes) in bytes[..read].chunks_exact(SLOT_BYTES).enumerate() {
                slots.push(decode(first + index, bytes));
            }
            if read < bytes.len() {
                break;
            }
        }
        Ok(slots)
    }

    pub(super) fn write(&self, slot: Slot) -> io::Result<()> {
        let mut bytes = [0; SLOT_BYTES];
        bytes[..8].copy_from_slice(&slot.incarnation.to_le_bytes());
        bytes[8] = u8::from(slot.waits);
        bytes[10..].copy_from_slice(&slot.address);
        write_all_at(&self.0, &bytes, slot.index * SLOT_BYTES)
    }
}

impl Slot {
    /// The slot once its process is gone.
    pub(super) fn emptied(self) -> Self {
        Self { incarnation: 0, waits: false, address: Address::default(), ..self }
    }
}

/// Opens a file to be read and written, and makes it if there is none.
pub(super) fn open_or_create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

fn decode(index: usize, bytes: &[u8]) -> Slot {
    let mut incarnation = [0; 8];
    incarnation.copy_from_slice(&bytes[..8]);
    let mut address = Address::default();
    address.copy_from_slice(&bytes[10..SLOT_BYTES]);
    Slot { index, incarnation: i64::from_le_bytes(incarnation), waits: bytes[8] != 0, address }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: usize) -> io::Result<usize> {
    file.read_at(bytes, offset as u64)
}

#[cfg(windows)]
fn read_at(file: &File, bytes: &mut [u8], offset: usize) -> io::Result<usize> {
    file.seek_read(bytes, offset as u64)
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], offset: usize) -> io::Result<()> {
    file.write_all_at(bytes, offset as u64)
}

#[cfg(windows)]
fn write_all_at(file: &File, bytes: &[u8], offset: usize) -> io::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        match file.seek_write(&bytes[written..], (offset + written) as u64)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            more => written += more,
        }
    }
    Ok(())
}

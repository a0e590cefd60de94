//! The page through which a test tells the shim which calls fail.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use nix::errno::Errno;

/// The faults of a watched directory. They take effect with the next call of the process.
pub struct Control(File);

/// The fields of `struct control` in shim.c.
#[derive(Clone, Copy)]
enum Field {
    Space = 0,
    SyncError = 1,
    WriteError = 2,
    LongestWrite = 3,
    Injected = 4,
}

impl Control {
    /// Makes a page without faults.
    pub fn create(path: &Path) -> Self {
        std::fs::write(path, [0; 5 * 8]).unwrap();
        let control = Self::open(path);
        control.lift();
        control
    }

    /// Opens the page of a shim.
    pub fn open(path: &Path) -> Self {
        Self(OpenOptions::new().read(true).write(true).open(path).unwrap())
    }

    /// Lets the disk be full after that many bytes.
    pub fn fill_after(&self, bytes: i64) {
        self.set(Field::Space, bytes);
    }

    /// Lets every sync fail.
    pub fn fail_syncs(&self, errno: Errno) {
        self.set(Field::SyncError, errno as i64);
    }

    /// Lets every write fail.
    pub fn fail_writes(&self, errno: Errno) {
        self.set(Field::WriteError, errno as i64);
    }

    /// Lets every write take at most that many bytes.
    pub fn shorten_writes(&self, bytes: i64) {
        self.set(Field::LongestWrite, bytes);
    }

    /// Ends all faults.
    pub fn lift(&self) {
        self.set(Field::Space, -1);
        self.set(Field::SyncError, 0);
        self.set(Field::WriteError, 0);
        self.set(Field::LongestWrite, 0);
    }

    /// Tells how many calls have failed or fallen short so far.
    pub fn injected(&self) -> i64 {
        let mut bytes = [0; 8];
        self.0.read_exact_at(&mut bytes, Field::Injected as u64 * 8).unwrap();
        i64::from_le_bytes(bytes)
    }

    fn set(&self, field: Field, value: i64) {
        self.0.write_all_at(&value.to_le_bytes(), field as u64 * 8).unwrap();
    }
}

//! Places that fail for real: a small disk, a directory that cannot be written.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::geteuid;
use tempfile::TempDir;

/// A file system of its own, in memory; only the superuser can make one.
pub struct Mounted(TempDir);

impl Mounted {
    /// Mounts a disk of that many KiB; `None` if this process may not.
    pub fn new(kib: u32) -> Option<Self> {
        let place = Self(tempfile::tempdir().unwrap());
        place.mount(MsFlags::empty(), kib).ok()?;
        Some(place)
    }

    /// Gives the path of a file on it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Changes the size.
    pub fn resize(&self, kib: u32) {
        self.mount(MsFlags::MS_REMOUNT, kib).unwrap();
    }

    fn mount(&self, flags: MsFlags, kib: u32) -> nix::Result<()> {
        let options = format!("size={kib}k");
        mount(Some("tmpfs"), self.0.path(), Some("tmpfs"), flags, Some(options.as_str()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // A place that was never mounted has nothing to give back.
        let _ = umount2(self.0.path(), MntFlags::MNT_DETACH);
    }
}

/// A directory that nobody can write, until the value is dropped.
///
/// Permissions do not bind the superuser; for it the directory is mounted read-only over itself.
pub struct ReadOnly<'a>(&'a Path);

impl<'a> ReadOnly<'a> {
    /// Makes a directory and the files in it read-only.
    pub fn make(dir: &'a Path) -> Self {
        if geteuid().is_root() {
            let none = None::<&str>;
            mount(Some(dir), dir, none, MsFlags::MS_BIND, none).unwrap();
            let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
            mount(none, dir, none, flags, none).unwrap();
        } else {
            set_modes(dir, 0o444, 0o555);
        }
        Self(dir)
    }
}

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        if geteuid().is_root() {
            umount2(self.0, MntFlags::MNT_DETACH).unwrap();
        } else {
            set_modes(self.0, 0o644, 0o755);
        }
    }
}

fn set_modes(dir: &Path, files: u32, own: u32) {
    for entry in fs::read_dir(dir).unwrap() {
        fs::set_permissions(entry.unwrap().path(), Permissions::from_mode(files)).unwrap();
    }
    fs::set_permissions(dir, Permissions::from_mode(own)).unwrap();
}

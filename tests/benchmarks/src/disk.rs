//! The yardstick: the disk's own rate of durable writes.
//!
//! One operation writes 4120 bytes, a WAL frame of one page of 4096 bytes with its header, right
//! after the one before, over bytes that the file already has, and calls `fdatasync`. That is what a
//! commit asks of the disk once the WAL has gone round: nothing grows, so no metadata is written.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::rounds::timed;

const FRAME: usize = 24 + 4096;
const FRAMES: usize = 1000;

pub struct Disk {
    file: File,
    written: usize,
}

impl Disk {
    pub fn open(path: &Path) -> Result<Self> {
        let mut file = File::create(path)?;
        file.write_all(&vec![1; FRAME * FRAMES])?;
        file.sync_all()?;
        Ok(Self { file, written: 0 })
    }

    pub fn sync_frames(&mut self, count: usize) -> Result<Duration> {
        timed(|| {
            for _ in 0..count {
                if self.written.is_multiple_of(FRAMES) {
                    self.file.seek(SeekFrom::Start(0))?;
                }
                self.file.write_all(&[2; FRAME])?;
                self.file.sync_data()?;
                self.written += 1;
            }
            Ok(())
        })
    }
}

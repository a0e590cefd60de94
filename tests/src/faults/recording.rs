//! What the shim recorded: every change of every file, in order.

use std::path::Path;

/// A change of the watched directory, or the moment at which changes became durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A file was made.
    Created,
    /// Bytes were written.
    Written {
        /// Where.
        offset: u64,
        /// What.
        data: Vec<u8>,
    },
    /// The file was cut or grown.
    Truncated {
        /// To that many bytes.
        length: u64,
    },
    /// What was recorded before `begin` is durable: of a file its bytes, of a directory its names.
    Synced {
        /// The place in the log at which the sync began.
        begin: u64,
    },
    /// A name was removed.
    Unlinked,
    /// A name was changed.
    Renamed {
        /// The new name.
        to: String,
    },
}

/// One recorded change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The inode; a number may be used again after its file is gone.
    pub file: u64,
    /// The name within the directory; empty for the directory itself.
    pub name: String,
    /// What happened.
    pub change: Change,
    /// Where in the log the record ends.
    pub end: u64,
}

/// Everything that was recorded of one directory.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// The records, in order.
    pub records: Vec<Record>,
}

/// The five numbers of `struct record` in shim.c.
const HEAD: usize = 5 * 8;

impl Recording {
    /// Reads a log; a record that a killed process began and did not end is left out.
    pub fn read(log: &Path, dir: &Path) -> Self {
        let bytes = std::fs::read(log).unwrap();
        let prefix = dir.to_str().unwrap();
        let mut records = Vec::new();
        let mut at = 0;
        while let Some((record, end)) = parse(&bytes, at, prefix) {
            records.push(record);
            at = end;
        }
        Self { records }
    }

    /// Counts the syncs of files whose name passes `wanted`.
    pub fn syncs(&self, wanted: impl Fn(&str) -> bool) -> usize {
        let is_sync = |record: &&Record| matches!(record.change, Change::Synced { .. });
        self.records.iter().filter(is_sync).filter(|record| wanted(&record.name)).count()
    }
}

fn parse(bytes: &[u8], at: usize, prefix: &str) -> Option<(Record, usize)> {
    let head = bytes.get(at..at + HEAD)?;
    let number =
        |index: usize| u64::from_le_bytes(head[index * 8..][..8].try_into().expect("eight bytes"));
    let path_end = at + HEAD + number(3) as usize;
    let end = path_end + number(4) as usize;
    let path = bytes.get(at + HEAD..path_end)?;
    let data = bytes.get(path_end..end)?;
    let name_of = |path: &[u8]| {
        let path = std::str::from_utf8(path).expect("paths of tests are UTF-8");
        path.strip_prefix(prefix)
            .expect("a path below the directory")
            .trim_start_matches('/')
            .to_owned()
    };
    let change = match number(0) {
        1 => Change::Created,
        2 => Change::Written { offset: number(2), data: data.to_vec() },
        3 => Change::Truncated { length: number(2) },
        4 => Change::Synced { begin: number(2) },
        5 => Change::Unlinked,
        6 => Change::Renamed { to: name_of(data) },
        kind => panic!("record of kind {kind} at byte {at} of the log"),
    };
    let record = Record { file: number(1), name: name_of(path), change, end: end as u64 };
    Some((record, end))
}

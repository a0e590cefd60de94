//! A disk that loses power: rebuilds files from a recording as they may be found afterwards.

use std::collections::BTreeMap;
use std::path::Path;

use fastrand::Rng;

use super::recording::{Change, Record};

/// The unit in which a disk writes all or nothing.
const SECTOR: u64 = 512;

/// What became of the changes that were not yet durable when the power went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// All are there: the program was killed, the power stayed.
    AllKept,
    /// None is there.
    AllLost,
    /// The disk got as far as some change, and into a part of it.
    Prefix,
    /// Each sector by itself is there or not.
    Torn,
}

impl Fate {
    /// Lists all fates.
    pub const ALL: [Fate; 4] = [Self::AllKept, Self::AllLost, Self::Prefix, Self::Torn];
}

/// A change that is not durable yet.
#[derive(Debug, Clone)]
struct Pending {
    /// Where in the log its record ends.
    end: u64,
    change: Change,
}

#[derive(Debug, Clone, Default)]
struct Inode {
    durable: Vec<u8>,
    pending: Vec<Pending>,
}

/// A change of the directory that is not durable yet: the names, and what they name.
#[derive(Debug, Clone)]
struct PendingNames {
    end: u64,
    names: BTreeMap<String, usize>,
}

/// The disk under the watched directory, brought forward record by record.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    inodes: Vec<Inode>,
    /// The inode numbers of the program, which may be used again, to places in `inodes`.
    numbers: BTreeMap<u64, usize>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    pending_names: Vec<PendingNames>,
}

impl Disk {
    /// Takes the next record.
    pub fn apply(&mut self, record: &Record) {
        match &record.change {
            Change::Created => {
                self.numbers.insert(record.file, self.inodes.len());
                self.names.insert(record.name.clone(), self.inodes.len());
                self.inodes.push(Inode::default());
                self.note_names(record.end);
            }
            Change::Unlinked => {
                self.names.remove(&record.name);
                self.note_names(record.end);
            }
            Change::Renamed { to } => {
                let inode = self.names.remove(&record.name).expect("a renamed file has a name");
                self.names.insert(to.clone(), inode);
                self.note_names(record.end);
            }
            Change::Synced { begin } if record.name.is_empty() => self.sync_names(*begin),
            Change::Synced { begin } => self.inode(record).sync(*begin),
            change @ (Change::Written { .. } | Change::Truncated { .. }) => {
                let pending = Pending { end: record.end, change: change.clone() };
                self.inode(record).pending.push(pending);
            }
        }
    }

    /// Tells whether everything is durable, so that all fates are the same.
    pub fn is_settled(&self) -> bool {
        self.pending_names.is_empty() && self.inodes.iter().all(|inode| inode.pending.is_empty())
    }

    /// Gives the files as they are after the power went: names and contents.
    pub fn after(&self, fate: Fate, rng: &mut Rng) -> BTreeMap<String, Vec<u8>> {
        // Changes of the directory go through a journal: they are kept in order.
        let kept = match fate {
            Fate::AllKept => self.pending_names.len(),
            Fate::AllLost => 0,
            Fate::Prefix | Fate::Torn => rng.usize(..=self.pending_names.len()),
        };
        let names = match kept {
            0 => &self.durable_names,
            _ => &self.pending_names[kept - 1].names,
        };
        // One moment cuts all files, as it would if the disk wrote in the order of the calls.
        let mut ends: Vec<u64> =
            self.inodes.iter().flat_map(|inode| &inode.pending).map(|change| change.end).collect();
        ends.sort_unstable();
        let cut = rng.choice(&ends).copied().unwrap_or(0);
        let density = [0.1, 0.5, 0.9][rng.usize(..3)];
        let content = |inode: usize, rng: &mut Rng| match fate {
            Fate::AllKept => self.inodes[inode].all(),
            Fate::AllLost => self.inodes[inode].durable.clone(),
            Fate::Prefix => self.inodes[inode].prefix(cut, rng),
            Fate::Torn => self.inodes[inode].torn(density, rng),
        };
        names.iter().map(|(name, inode)| (name.clone(), content(*inode, rng))).collect()
    }

    fn inode(&mut self, record: &Record) -> &mut Inode {
        let place = self.numbers.get(&record.file).unwrap_or_else(|| {
            panic!("{:?} was changed and never made: the recording has a gap", record.name)
        });
        &mut self.inodes[*place]
    }

    fn note_names(&mut self, end: u64) {
        self.pending_names.push(PendingNames { end, names: self.names.clone() });
    }

    fn sync_names(&mut self, begin: u64) {
        let durable = self.pending_names.partition_point(|pending| pending.end <= begin);
        if let Some(last) = self.pending_names.drain(..durable).next_back() {
            self.durable_names = last.names;
        }
    }
}

impl Inode {
    fn sync(&mut self, begin: u64) {
        let durable = self.pending.partition_point(|pending| pending.end <= begin);
        for pending in self.pending.drain(..durable) {
            change(&mut self.durable, &pending.change);
        }
    }

    fn all(&self) -> Vec<u8> {
        let mut content = self.durable.clone();
        self.pending.iter().for_each(|pending| change(&mut content, &pending.change));
        content
    }

    fn prefix(&self, cut: u64, rng: &mut Rng) -> Vec<u8> {
        let mut content = self.durable.clone();
        for pending in self.pending.iter().take_while(|pending| pending.end <= cut) {
            match &pending.change {
                Change::Written { offset, data } if pending.end == cut => {
                    let pieces: Vec<_> = sectors(*offset, data).collect();
                    for (_, offset, piece) in &pieces[..rng.usize(..=pieces.len())] {
                        write(&mut content, *offset, piece);
                    }
                }
                whole => change(&mut content, whole),
            }
        }
        content
    }

    /// Each sector is found as it was after some change of it; so is the length.
    fn torn(&self, density: f64, rng: &mut Rng) -> Vec<u8> {
        let mut content = self.durable.clone();
        let count = self.pending.len();
        let mut draw = || {
            if rng.f64() < density { count } else { rng.usize(..=count) }
        };
        let length_version = draw();
        let mut versions = BTreeMap::new();
        for (index, pending) in self.pending.iter().enumerate() {
            match &pending.change {
                Change::Written { offset, data } => {
                    for (sector, offset, piece) in sectors(*offset, data) {
                        if index < *versions.entry(sector).or_insert_with(&mut draw) {
                            write(&mut content, offset, piece);
                        }
                    }
                }
                whole if index < length_version => change(&mut content, whole),
                _ => {}
            }
        }
        content
    }
}

/// Splits a write where the sectors of the file end: sector, offset, bytes.
fn sectors(offset: u64, data: &[u8]) -> impl Iterator<Item = (u64, u64, &[u8])> {
    let mut at = offset;
    let end = offset + data.len() as u64;
    std::iter::from_fn(move || {
        if at == end {
            return None;
        }
        let (sector, start) = (at / SECTOR, at);
        at = ((sector + 1) * SECTOR).min(end);
        Some((sector, start, &data[(start - offset) as usize..(at - offset) as usize]))
    })
}

fn change(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Written { offset, data } => write(content, *offset, data),
        Change::Truncated { length } => content.resize(*length as usize, 0),
        other => unreachable!("{other:?} does not change bytes"),
    }
}

fn write(content: &mut Vec<u8>, offset: u64, data: &[u8]) {
    let offset = offset as usize;
    if data.is_empty() {
        return;
    }
    if content.len() < offset + data.len() {
        content.resize(offset + data.len(), 0);
    }
    content[offset..offset + data.len()].copy_from_slice(data);
}

/// Writes rebuilt files to an empty directory.
///
/// The index of SQLite's log is left out: it is memory shared by processes, and of no meaning once
/// they are gone.
pub fn lay_out(files: &BTreeMap<String, Vec<u8>>, dir: &Path) {
    for (name, content) in files.iter().filter(|(name, _)| !name.ends_with("-shm")) {
        std::fs::write(dir.join(name), content).unwrap();
    }
}

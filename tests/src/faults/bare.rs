//! A table written by plain SQLite: what the rig for power loss is itself tried on.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

/// The role: inserts rows, a commit each, and notes those that were committed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Bare {
    /// The file.
    pub file: PathBuf,
    /// Where committed rows are noted, a byte each; the name ends in `.acks`.
    pub acks: PathBuf,
    /// The value of `PRAGMA synchronous`.
    pub synchronous: String,
    /// How many rows.
    pub rows: u32,
}

impl Bare {
    /// Inserts all rows.
    pub fn play(self) {
        let mut acks = File::create(&self.acks).unwrap();
        let database = Connection::open(&self.file).unwrap();
        database.pragma_update(None, "journal_mode", "wal").unwrap();
        database.pragma_update(None, "synchronous", &self.synchronous).unwrap();
        // Checkpoints come often, so that the recording holds many.
        database.pragma_update(None, "wal_autocheckpoint", 10).unwrap();
        database.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)", ()).unwrap();
        acks.write_all(b"t").unwrap();
        for id in 0..self.rows {
            database
                .execute("INSERT INTO rows VALUES (?1, ?2)", (id, "x".repeat(id as usize * 37)))
                .unwrap();
            acks.write_all(b"r").unwrap();
        }
    }
}

//! The yardstick: the least that a queue on SQLite can do, written by hand.
//!
//! Two tables, no lanes, no limits, no retries, no counters, no fencing. SQLite's defaults except
//! for WAL, the same `synchronous` as ours, and cached statements.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use fairlane::Durability;
use rusqlite::{Connection, params};

/// A job that was taken: its row in the second table, and its payload.
///
/// SQLite gives the number of a deleted last row again, so a row's number in the first table cannot
/// name the job in the second.
pub type Taken = (i64, Vec<u8>);

pub struct BareQueue {
    connection: Connection,
}

impl BareQueue {
    pub fn open(path: &Path, durability: Durability) -> Result<Self> {
        let mut connection = Connection::open(path)?;
        // SQLite's own busy handler sleeps up to 100 ms and would make the yardstick easy to beat
        // between processes; this one is as patient as it is quick.
        connection.busy_handler(Some(|tries: i32| {
            std::thread::sleep(Duration::from_micros(50 << tries.clamp(0, 5)));
            true
        }))?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        let synchronous = match durability {
            Durability::Full => "full",
            Durability::Normal => "normal",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS ready (id INTEGER PRIMARY KEY, payload BLOB NOT NULL);
             CREATE TABLE IF NOT EXISTS leased (id INTEGER PRIMARY KEY, payload BLOB NOT NULL);",
        )?;
        Ok(Self { connection })
    }

    /// Inserts `count` jobs in one transaction.
    pub fn push(&self, payload: &[u8], count: usize) -> Result<()> {
        self.begin()?;
        {
            let mut insert =
                self.connection.prepare_cached("INSERT INTO ready (payload) VALUES (?1)")?;
            for _ in 0..count {
                insert.execute(params![payload])?;
            }
        }
        self.commit()
    }

    /// Takes up to `count` jobs in one transaction: select, insert into leased, delete from ready.
    pub fn pop(&self, count: usize) -> Result<Vec<Taken>> {
        self.begin()?;
        let rows = self.take(count)?;
        self.commit()?;
        Ok(rows)
    }

    /// Forgets finished jobs in one transaction.
    pub fn complete(&self, rows: &[Taken]) -> Result<()> {
        self.begin()?;
        self.forget(rows)?;
        self.commit()
    }

    /// Forgets finished jobs and takes the next ones, all in one transaction.
    pub fn complete_and_pop(&self, done: &[Taken], count: usize) -> Result<Vec<Taken>> {
        self.begin()?;
        self.forget(done)?;
        let rows = self.take(count)?;
        self.commit()?;
        Ok(rows)
    }

    fn take(&self, count: usize) -> Result<Vec<Taken>> {
        let mut select =
            self.connection.prepare_cached("SELECT id, payload FROM ready ORDER BY id LIMIT ?1")?;
        let mut insert =
            self.connection.prepare_cached("INSERT INTO leased (payload) VALUES (?1)")?;
        let mut delete = self.connection.prepare_cached("DELETE FROM ready WHERE id = ?1")?;
        let rows = select
            .query_map([count as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<Vec<(i64, Vec<u8>)>, _>>()?;
        rows.into_iter()
            .map(|(id, payload)| {
                let row = insert.insert(params![payload])?;
                delete.execute([id])?;
                Ok((row, payload))
            })
            .collect()
    }

    fn forget(&self, rows: &[Taken]) -> Result<()> {
        let mut delete = self.connection.prepare_cached("DELETE FROM leased WHERE id = ?1")?;
        for (id, _) in rows {
            delete.execute([id])?;
        }
        Ok(())
    }

    fn begin(&self) -> Result<()> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(())
    }

    fn commit(&self) -> Result<()> {
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

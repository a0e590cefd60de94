//! The one connection of a process to a file, and the transactions that calls share.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use web_time::Instant;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode as SqliteCode, OpenFlags};

use crate::combine::Runner;
use crate::error::{Error, ErrorCode, Result};
use crate::store::sqlite::bell::Bell;
use crate::store::sqlite::call::{Call, Remembered, Rings};
use crate::store::sqlite::schema;
use crate::store::sqlite::sidecar;
use crate::store::sqlite::step::{Step, Stop, explain, is_busy};
use crate::store::sqlite::terms::Terms;

/// The page size of a new file. Smaller than SQLite's own: a commit writes whole pages, and those
/// of a queue change by a row each.
const PAGE_BYTES: i64 = 2048;
/// After how many pages of log a commit moves them into the file: 8 MB.
const CHECKPOINT_PAGES: i64 = 4000;
/// What the log may keep on disk when it has been moved: above its steady size, so that it is
/// overwritten in place and not grown anew, which costs a sync nearly twice the time.
const LOG_BYTES: i64 = 32 << 20;
/// The pages kept in memory, in KiB.
const CACHE_KIB: i64 = 8 << 10;

/// Work for a transaction; run again if the transaction has to be.
pub(super) struct Task {
    /// Whether the commit must reach the disk before the call returns.
    pub(super) is_durable: bool,
    /// Until when the call waits for other processes.
    pub(super) deadline: Instant,
    pub(super) run: Box<Work>,
}

type Work = dyn FnMut(&mut Session) -> Step<()> + Send;

/// The one connection of a process to a file.
pub(super) struct Session {
    /// `None` in memory.
    path: Option<PathBuf>,
    /// Closed while the process forks, and if the file is damaged; opened again by the next run.
    connection: Option<Connection>,
    /// Rung after each commit that leaves something to do.
    bell: Option<Arc<Bell>>,
    remembered: HashMap<i64, Remembered>,
    /// SQLite's counter of what other processes have committed, when `remembered` was true.
    version: i64,
    syncs_fully: Option<bool>,
    /// Whether another process may have a slot in the side-car. Whoever writes one commits after
    /// that, so that this becomes true again before anybody there waits.
    has_neighbours: bool,
    rings: Rings,
    /// Whether the last task was to look.
    has_looked: bool,
}

/// How a run ends that went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Commit,
    /// Nothing is written.
    RollBack,
}

impl Session {
    pub(super) fn open(path: Option<PathBuf>, patience: Duration) -> Result<Self> {
        let mut session = Self {
            path,
            connection: None,
            bell: None,
            remembered: HashMap::new(),
            version: -1,
            syncs_fully: None,
            has_neighbours: true,
            rings: Rings::default(),
            has_looked: false,
        };
        session.connect(Instant::now() + patience)?;
        Ok(session)
    }

    /// Rings that bell from now on.
    pub(super) fn ring_with(&mut self, bell: Arc<Bell>) {
        self.bell = Some(bell);
    }

    /// Closes the connection; the next run opens it again. In memory that would lose everything.
    pub(super) fn disconnect(&mut self) {
        if self.path.is_some() {
            self.connection = None;
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.remembered.clear();
        self.version = -1;
        self.rings = Rings::default();
    }

    fn connect(&mut self, deadline: Instant) -> Result<()> {
        if self.connection.is_some() {
            return Ok(());
        }
        let mut pause = Pause::until(deadline);
        let opened = loop {
            match open_connection(self.path.as_ref()) {
                Err(Stop::Broken(error)) if is_busy(&error) && pause.sleep() => {}
                opened => break opened,
            }
        };
        self.syncs_fully = None;
        self.connection = Some(opened.map_err(|stop| match stop {
            Stop::Refused(error) => {
                Error::new(error.code(), format!("{}: {}", self.name(), error.message()))
            }
            Stop::Broken(error) => self.explain(&error),
        })?);
        Ok(())
    }

    fn name(&self) -> String {
        match &self.path {
            Some(path) => format!("file {}", path.display()),
            None => "memory".to_owned(),
        }
    }

    fn explain(&self, error: &rusqlite::Error) -> Error {
        explain(self.path.as_deref().unwrap_or_else(|| "(memory)".as_ref()), error)
    }

    /// Makes a call that changes things, with all books kept.
    pub(super) fn change<R>(
        &mut self,
        terms: &Terms<'_>,
        verb: impl FnOnce(&mut Call<'_>) -> Step<R>,
    ) -> Step<R> {
        self.move_jobs(terms, |call| {
            call.book()?;
            verb(call)
        })
    }

    /// Makes a call that pushes, pops or ends jobs: it may leave books to be kept later.
    pub(super) fn move_jobs<R>(
        &mut self,
        terms: &Terms<'_>,
        verb: impl FnOnce(&mut Call<'_>) -> Step<R>,
    ) -> Step<R> {
        let remembered = self.remembered.remove(&terms.queue);
        let mut call = Call::change(self.sql()?, remembered, terms)?;
        let done = verb(&mut call);
        if let Err(Stop::Broken(_)) = done {
            return done;
        }
        // A refused verb has changed nothing, but what settling moved stays moved.
        let (remembered, rings) = call.end()?;
        self.rings.workers += rings.workers;
        self.rings.called.extend(rings.called);
        self.remembered.insert(terms.queue, remembered);
        done
    }

    /// Makes a call that only looks.
    pub(super) fn look<R>(
        &mut self,
        terms: &Terms<'_>,
        verb: impl FnOnce(&Call<'_>) -> Step<R>,
    ) -> Step<R> {
        self.has_looked = true;
        let remembered = self.remembered.remove(&terms.queue);
        let call = Call::look(self.sql()?, remembered, terms)?;
        let done = verb(&call);
        let (remembered, _) = call.end()?;
        self.remembered.insert(terms.queue, remembered);
        done
    }

    /// Gives the connection.
    pub(super) fn sql(&self) -> Result<&Connection> {
        self.connection.as_ref().ok_or_else(Error::closed)
    }

    /// Moves the log into the file while nobody needs the disk, and gives free pages back.
    pub(super) fn keep_house(&self) -> Step<()> {
        if self.path.is_none() {
            return Ok(());
        }
        let sql = self.sql()?;
        sql.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?.query_row([], |_| Ok(()))?;
        sql.execute_batch("PRAGMA incremental_vacuum(256)")?;
        Ok(())
    }

    /// Runs the tasks in one transaction. A verdict is the refusal of one task; an error is the end
    /// of all of them, with nothing changed.
    fn run_together(&mut self, tasks: &mut [Task], ending: Ending) -> Step<Vec<Result<()>>> {
        let deadline = tasks.iter().map(|task| task.deadline).min().unwrap_or_else(Instant::now);
        self.connect(deadline)?;
        self.sync_fully(tasks.iter().any(|task| task.is_durable))?;
        self.begin(deadline)?;
        self.has_looked = false;
        let mut verdicts = Vec::with_capacity(tasks.len());
        for task in tasks {
            // A panic must not reach a caller who has nothing to do with this task, nor leave
            // callers waiting; it counts as a defect of the task alone.
            let done = catch_unwind(AssertUnwindSafe(|| (task.run)(self)));
            match done.unwrap_or_else(|_| Err(defect().into())) {
                Ok(()) => verdicts.push(Ok(())),
                Err(Stop::Refused(error)) if error.code() == ErrorCode::Internal => {
                    return Err(Stop::Refused(error));
                }
                Err(Stop::Refused(error)) => verdicts.push(Err(error)),
                Err(broken) => return Err(broken),
            }
        }
        match ending {
            Ending::Commit => {
                self.sql()?.prepare_cached("COMMIT")?.execute([])?;
            }
            Ending::RollBack => {
                self.sql()?.prepare_cached("ROLLBACK")?.execute([])?;
                self.forget();
            }
        }
        Ok(verdicts)
    }

    fn run_alone(&mut self, task: &mut Task) -> Result<()> {
        match self.run_together(std::slice::from_mut(task), Ending::Commit) {
            Ok(mut verdicts) => verdicts.pop().unwrap_or(Ok(())),
            Err(stop) => {
                let error = self.give_up(stop);
                if self.has_looked { self.look_in_vain(task, error) } else { Err(error) }
            }
        }
    }

    /// Looks without keeping the books for good: a queue on a full disk can still be looked at.
    fn look_in_vain(&mut self, task: &mut Task, error: Error) -> Result<()> {
        match self.run_together(std::slice::from_mut(task), Ending::RollBack) {
            Ok(mut verdicts) => verdicts.pop().unwrap_or(Ok(())),
            Err(stop) => {
                self.give_up(stop);
                Err(error)
            }
        }
    }

    /// Sets how far commits reach; cannot be done inside a transaction.
    fn sync_fully(&mut self, fully: bool) -> Step<()> {
        if self.path.is_some() && self.syncs_fully != Some(fully) {
            let level = if fully { "FULL" } else { "NORMAL" };
            self.sql()?.pragma_update(None, "synchronous", level)?;
            self.syncs_fully = Some(fully);
        }
        Ok(())
    }

    /// Begins a transaction as its only writer, waiting for other processes if need be.
    fn begin(&mut self, deadline: Instant) -> Step<()> {
        let sql = self.sql()?;
        let mut begin = sql.prepare_cached("BEGIN IMMEDIATE")?;
        let mut pause = Pause::until(deadline);
        loop {
            match begin.execute([]) {
                Ok(_) => break,
                Err(error) if is_busy(&error) && pause.sleep() => {}
                Err(error) => return Err(error.into()),
            }
        }
        drop(begin);
        if self.path.is_some() {
            let version = data_version(sql)?;
            if version != self.version {
                self.remembered.clear();
                self.version = version;
                self.has_neighbours = true;
            }
        }
        Ok(())
    }

    /// Wakes those who may find something to do.
    fn ring(&mut self) {
        let Rings { workers, called } = std::mem::take(&mut self.rings);
        let Some(bell) = &self.bell else { return };
        let rung = bell.ring_here(workers);
        if rung < workers && self.has_neighbours {
            self.has_neighbours = bell.ring_others(workers - rung);
        }
        bell.call(&called);
    }

    /// Undoes what a failed run has begun, and says why it failed.
    fn give_up(&mut self, stop: Stop) -> Error {
        self.forget();
        if let Some(sql) = &self.connection
            && !sql.is_autocommit()
            && let Err(error) = sql.execute_batch("ROLLBACK")
        {
            log::debug!("rollback after a failure failed too: {error}");
            self.disconnect();
        }
        let error = match stop {
            Stop::Refused(error) => return error,
            Stop::Broken(error) => error,
        };
        // After a disk error it stays open: opening again would find the frames of the refused
        // commit in the log and bring it back. The next commit overwrites them.
        if error.sqlite_error_code() == Some(SqliteCode::DatabaseCorrupt) {
            self.disconnect();
        }
        self.explain(&error)
    }
}

impl Runner for Session {
    type Task = Task;
    type Verdict = Result<()>;

    fn run(&mut self, tasks: &mut Vec<Task>) -> Vec<Result<()>> {
        let verdicts = match &mut tasks[..] {
            [task] => vec![self.run_alone(task)],
            tasks => match self.run_together(tasks, Ending::Commit) {
                Ok(verdicts) => verdicts,
                Err(stop) => {
                    self.give_up(stop);
                    // One of them broke it: alone, each answers for itself.
                    tasks.iter_mut().map(|task| self.run_alone(task)).collect()
                }
            },
        };
        self.ring();
        verdicts
    }
}

fn defect() -> Error {
    Error::new(ErrorCode::Internal, "a call panicked inside the embedded store")
}

fn open_connection(path: Option<&PathBuf>) -> Step<Connection> {
    let Some(path) = path else {
        let mut connection = Connection::open_in_memory()?;
        prepare(&connection)?;
        schema::migrate(&mut connection)?;
        return Ok(connection);
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    // Waiting is done here, by rules of our own: SQLite's sleeps grow too long.
    connection.busy_timeout(Duration::ZERO)?;
    prepare(&connection)?;
    if sidecar::IS_ALONE {
        // The write-ahead log then does without memory that is shared with others.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    }
    // The first two shape a file that is still empty, and mean nothing to any other.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        let message = format!("write-ahead log refused: journal mode stays {mode}");
        return Err(Error::new(ErrorCode::Unavailable, message).into());
    }
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Sets what every connection needs for its statements.
fn prepare(connection: &Connection) -> Step<()> {
    connection.set_prepared_statement_cache_capacity(128);
    // Plans must not depend on bound values: with partial indexes in play, SQLite would otherwise
    // compile a statement anew for each new value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}

/// Pauses between attempts to get hold of the file: from 50 us to 500 us, with jitter. Short at the
/// most, because a busy writer leaves gaps of some microseconds only, and who looks seldom waits long.
struct Pause {
    deadline: Instant,
    next: Duration,
}

impl Pause {
    fn until(deadline: Instant) -> Self {
        Self { deadline, next: Duration::from_micros(50) }
    }

    /// Sleeps; `false` if the deadline has passed.
    fn sleep(&mut self) -> bool {
        if Instant::now() >= self.deadline {
            return false;
        }
        std::thread::sleep(self.next.mul_f64(0.5 + fastrand::f64()));
        self.next = self.next.mul_f64(1.5).min(Duration::from_micros(500));
        true
    }
}

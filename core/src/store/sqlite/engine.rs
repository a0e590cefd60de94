//! What a process shares per file: one connection, one leader queue, one slot, one bell.
//!
//! A process must not open a file twice: SQLite's locks, and the side-car's, belong to the process
//! and are dropped when any descriptor is closed. So handles on one file find their engine here.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

use web_time::Instant;

use crate::combine::Combiner;
use crate::error::{Error, ErrorCode, Result};
use crate::lock::lock;
use crate::store::sqlite::bell::Bell;
use crate::store::sqlite::session::{Session, Task};
use crate::store::sqlite::sidecar::{self, Sidecar};
use crate::store::sqlite::step::Step;
use crate::store::sqlite::terms::OwnTerms;

/// The owner of leases that end by time alone: no incarnation has this number.
pub(super) const NOBODY: i64 = 0;

/// The engines of this process.
pub(super) static ENGINES: Mutex<Engines> =
    Mutex::new(Engines { live: Vec::new(), kept: Vec::new() });

/// Rung when an engine has closed its files.
static CLOSED: Condvar = Condvar::new();

/// The engines of this process, and the side-cars that outlive theirs.
pub(super) struct Engines {
    /// Until their files are closed.
    live: Vec<Listed>,
    /// Slots whose handles are closed while jobs of this process are in flight: giving the slot up
    /// would hand those jobs to others at once, as if this process had died.
    kept: Vec<(PathBuf, Arc<Sidecar>)>,
}

/// An engine as it is listed: with its path, so that looking for one does not hold the others.
struct Listed {
    id: u64,
    path: Option<PathBuf>,
    engine: Weak<Engine>,
}

/// Takes an engine off the list. Its last field, and so dropped when its files are closed.
struct Listing(u64);

impl Listing {
    fn new() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        lock(&ENGINES).live.retain(|listed| listed.id != self.0);
        CLOSED.notify_all();
    }
}

/// What a process shares per file, or a queue in memory has for itself.
pub(super) struct Engine {
    /// `None` in memory.
    path: Option<PathBuf>,
    process: u32,
    combiner: Combiner<Session>,
    pub(super) bell: Arc<Bell>,
    sidecar: Option<Arc<Sidecar>>,
    /// Held by the thread that claims the slot, or takes over from the dead.
    claim: Mutex<()>,
    /// When the dead were last looked for.
    last_look: Mutex<Option<Instant>>,
    listing: Listing,
}

impl Engine {
    /// Makes an engine in memory.
    pub(super) fn in_memory() -> Result<Arc<Self>> {
        let engine = Arc::new(Self::new(None, None, Duration::ZERO)?);
        lock(&ENGINES).add(&engine);
        Ok(engine)
    }

    /// Finds the engine of a file, or makes it.
    pub(super) fn of(path: &Path, patience: Duration) -> Result<Arc<Self>> {
        let path = sidecar::absolute(path)?;
        // Declared before the lock and so dropped after it: the last of them to go locks again.
        let of_path: Vec<_>;
        let mut engines = lock(&ENGINES);
        // What another thread is closing is closed first: its last descriptor takes the locks of the
        // whole process along, and what it still holds must not look like a dead process'.
        while engines.is_closing(&path) {
            engines = CLOSED.wait(engines).unwrap_or_else(PoisonError::into_inner);
        }
        of_path = engines.of_path(&path);
        if let Some(engine) = of_path.iter().find(|engine| engine.is_ours() && engine.is_there()) {
            return Ok(Arc::clone(engine));
        }
        let kept = engines.take_kept(&path);
        let engine = Arc::new(Self::new(Some(path), kept, patience)?);
        engines.add(&engine);
        Ok(engine)
    }

    fn new(path: Option<PathBuf>, kept: Option<Arc<Sidecar>>, patience: Duration) -> Result<Self> {
        // The database first: a file that is none of ours gets no side-car.
        let mut session = Session::open(path.clone(), patience)?;
        let sidecar = match (&path, kept) {
            (None, _) => None,
            (Some(_), Some(kept)) => Some(kept),
            (Some(path), None) => {
                let path = sidecar_path(path);
                let opened = Sidecar::open(&path);
                Some(Arc::new(opened.map_err(|error| io_error(&path, "cannot be opened", &error))?))
            }
        };
        let bell = Arc::new(Bell::new(sidecar.clone()));
        session.ring_with(Arc::clone(&bell));
        Ok(Self {
            path,
            process: crate::fork::process(),
            combiner: Combiner::new(session),
            bell,
            sidecar,
            claim: Mutex::new(()),
            last_look: Mutex::new(None),
            listing: Listing::new(),
        })
    }

    /// Tells whether the path still names the file that was opened.
    fn is_there(&self) -> bool {
        match (&self.path, &self.sidecar) {
            (Some(path), Some(sidecar)) => {
                sidecar::exists(path) && sidecar.is_at(&sidecar_path(path))
            }
            _ => false,
        }
    }

    /// Tells whether this is the process that made the engine, and not a fork of it.
    pub(super) fn is_ours(&self) -> bool {
        self.process == crate::fork::process()
    }

    /// Runs a task in a transaction, together with those of other threads; blocks until its commit.
    pub(super) fn run<R: Send + 'static>(
        &self,
        is_durable: bool,
        patience: Duration,
        mut task: impl FnMut(&mut Session) -> Step<R> + Send + 'static,
    ) -> Result<R> {
        let result = Arc::new(Mutex::new(None));
        let place = Arc::clone(&result);
        let run = Box::new(move |session: &mut Session| {
            *lock(&place) = Some(task(session)?);
            Ok(())
        });
        let deadline = Instant::now() + patience;
        let verdict = self.combiner.submit(Task { is_durable, deadline, run });
        verdict.unwrap_or_else(|| Err(lost("verdict")))?;
        let result = lock(&result).take();
        result.ok_or_else(|| lost("result"))
    }

    /// Gives the incarnation of this process, which its leases name; claims a slot for it first.
    pub(super) fn owner(&self, terms: &OwnTerms) -> Result<i64> {
        let Some(sidecar) = &self.sidecar else { return Ok(NOBODY) };
        if let Some(incarnation) = sidecar.incarnation() {
            return Ok(incarnation);
        }
        let claim = lock(&self.claim);
        if let Some(incarnation) = sidecar.incarnation() {
            return Ok(incarnation);
        }
        let slot = sidecar.lock_free_slot().map_err(|error| self.sidecar_error(&error))?;
        let (terms, patience) = (terms.clone(), terms.patience);
        let slots = Arc::clone(sidecar);
        let path = self.path.as_deref().map(sidecar_path).unwrap_or_default();
        let incarnation = self.run(true, patience, move |session| {
            let incarnation = next(session, "incarnation")?;
            // Read inside the transaction: a process writes its slot before its first lease, so
            // every live owner of a lease that this transaction sees stands in a slot by now.
            let owners = slots.owners_but(slot.index);
            let owners = owners.map_err(|error| io_error(&path, "failed", &error))?;
            let others = std::iter::once(NOBODY).chain(owners).map(|owner| owner.to_string());
            let others = others.collect::<Vec<_>>().join(", ");
            // Whoever had the slot before is dead: the lock was free. Leases whose owner has no
            // slot at all are those of a file that was moved, or of a side-car lost with the power;
            // but those of nobody end by time alone.
            terms.take_over(session, &format!("owner NOT IN ({others})"))?;
            Ok(incarnation)
        })?;
        let own = sidecar.write_own(slot.index, incarnation);
        let own = own.map_err(|error| self.sidecar_error(&error))?;
        // A process that has found no slot but its own looks again only when another has committed
        // (`Session::has_neighbours`). So that it finds this one, a commit follows the slot, and no
        // thread of this process waits before that.
        self.run(false, patience, |session| next(session, "slots"))?;
        sidecar.own(own);
        drop(claim);
        Ok(incarnation)
    }

    /// Takes over the leases of processes that have died; not more often than every tick.
    pub(super) fn look_after_the_dead(&self, terms: &OwnTerms) -> Result<()> {
        use crate::store::sqlite::bell::TICK;
        let Some(sidecar) = &self.sidecar else { return Ok(()) };
        {
            let mut last_look = lock(&self.last_look);
            if last_look.is_some_and(|last| last.elapsed() < TICK) {
                return Ok(());
            }
            *last_look = Some(Instant::now());
        }
        let _claim = lock(&self.claim);
        for slot in sidecar.lock_dead().map_err(|error| self.sidecar_error(&error))? {
            let whose = format!("owner = {}", slot.incarnation);
            let (terms, patience) = (terms.clone(), terms.patience);
            let taken = self.run(true, patience, move |session| terms.take_over(session, &whose));
            let ended = if taken.is_ok() { sidecar.bury(slot) } else { sidecar.unlock(slot.index) };
            ended.map_err(|error| self.sidecar_error(&error))?;
            let count = taken?;
            log::info!("process of slot {} has died: took over {count} jobs", slot.index);
        }
        Ok(())
    }

    fn sidecar_error(&self, error: &std::io::Error) -> Error {
        let path = self.path.as_deref().map(sidecar_path).unwrap_or_default();
        io_error(&path, "failed", error)
    }

    /// Moves the log into the file and gives free pages back, if nobody is at work.
    pub(super) fn keep_house(&self) {
        if let Err(stop) = self.combiner.runner().keep_house() {
            log::debug!("house-keeping was put off: {stop:?}");
        }
    }

    /// Starts no further runs, and closes the connection; see [`crate::fork`].
    pub(super) fn pause(&self) {
        self.combiner.pause();
        self.combiner.runner().disconnect();
    }

    /// Goes on after a pause.
    pub(super) fn resume(&self) {
        self.combiner.resume();
    }

    fn has_leases(&self, owner: i64) -> bool {
        let counted = self.run(false, Duration::from_millis(100), move |session| {
            let held = session
                .sql()?
                .prepare(
                    "SELECT 1 FROM fairlane_lane AS lane CROSS JOIN fairlane_place AS place
                     ON place.lane = lane.id AND place.rank = -1
                     WHERE lane.in_flight > 0 AND owner = ?1
                     UNION ALL
                     SELECT 1 FROM fairlane_log AS pop WHERE owner = ?1 AND EXISTS (
                        SELECT 1 FROM fairlane_job AS job WHERE job.id BETWEEN first AND last
                        AND NOT EXISTS (SELECT 1 FROM fairlane_log AS done
                            WHERE done.number > pop.number
                            AND job.id BETWEEN done.first AND done.last))",
                )?
                .exists([owner])?;
            Ok(held)
        });
        counted.unwrap_or(true)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let (Some(path), Some(sidecar)) = (&self.path, &self.sidecar) else { return };
        // A fork has inherited the memory of the slot, but not the slot.
        if !self.is_ours() {
            return;
        }
        if let Some(owner) = sidecar.incarnation() {
            if self.is_there() && self.has_leases(owner) {
                lock(&ENGINES).kept.push((path.clone(), Arc::clone(sidecar)));
            } else {
                sidecar.leave();
            }
        }
    }
}

impl Engines {
    fn add(&mut self, engine: &Arc<Engine>) {
        self.live.push(Listed {
            id: engine.listing.0,
            path: engine.path.clone(),
            engine: Arc::downgrade(engine),
        });
    }

    fn listed<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a Listed> {
        self.live.iter().filter(move |listed| listed.path.as_deref() == Some(path))
    }

    fn is_closing(&self, path: &Path) -> bool {
        self.listed(path).any(|listed| listed.engine.strong_count() == 0)
    }

    fn of_path(&self, path: &Path) -> Vec<Arc<Engine>> {
        self.listed(path).filter_map(|listed| listed.engine.upgrade()).collect()
    }

    fn take_kept(&mut self, path: &Path) -> Option<Arc<Sidecar>> {
        let index = self.kept.iter().position(|(kept, _)| kept == path)?;
        let (_, sidecar) = self.kept.swap_remove(index);
        sidecar.is_at(&sidecar_path(path)).then_some(sidecar)
    }

    /// Lists the engines that are in use.
    pub(super) fn live(&self) -> Vec<Arc<Engine>> {
        self.live.iter().filter_map(|listed| listed.engine.upgrade()).collect()
    }

    /// Forgets all engines: in a forked child they are the parent's. Their descriptors stay open, as
    /// closing is the parent's business.
    pub(super) fn forget(&mut self) {
        self.live.clear();
        for (_, sidecar) in self.kept.drain(..) {
            std::mem::forget(sidecar);
        }
    }
}

/// Counts one up at this database, and gives a number that no process has had under that name.
fn next(session: &Session, name: &str) -> Step<i64> {
    Ok(session.sql()?.query_row(
        "INSERT INTO fairlane_meta (name, value) VALUES (?1, 1)
         ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        [name],
        |row| row.get(0),
    )?)
}

fn sidecar_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-fairlane");
    name.into()
}

pub(super) fn io_error(path: &Path, what: &str, error: &std::io::Error) -> Error {
    Error::new(ErrorCode::Unavailable, format!("file {} {what}: {error}", path.display()))
}

fn lost(what: &str) -> Error {
    Error::new(ErrorCode::Internal, format!("the {what} of a call was lost"))
}

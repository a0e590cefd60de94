//! The tables, their version, and the way from an older version to this one.
//!
//! All names begin with `fairlane_`, so that the queue can live in a file beside tables of the
//! program that uses it; for the same reason the version is a row and not `user_version`.
//!
//! What a commit costs is the number of pages it changes, more than the statements it runs. So:
//!
//! - A job's row is written by its push and then left alone until the job ends or fails.
//! - `fairlane_place` holds, lane by lane, first the jobs in flight and then the ready ones in their
//!   order, runs of them in one row ([`super::run`]): a pop moves a job from one to the other, mostly
//!   within a page. Delayed and blocked jobs do not stand in it.
//! - The rows of lanes and of the queue itself share a table.
//! - As long as few lanes are ready, no index holds their order ([`super::ready_lanes`]).
//! - Rows and sums may lag behind some pushes, pops and completions ([`super::books`]).

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use crate::error::{Error, ErrorCode};
use crate::store::sqlite::inbox;
use crate::store::sqlite::step::Step;

/// Each entry leads from the version that is its index to the next. Entries are never changed after
/// a release; a new version appends one.
const MIGRATIONS: &[&str] = &[CREATE, ADD_HOLDS, SCHEDULES, inbox::SCHEMA, RESULTS, HEADERS];

const CREATE: &str = "
CREATE TABLE fairlane_queue (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    tag INTEGER NOT NULL               -- drawn at random; part of every token
) STRICT;

-- The lanes; and, as row -N with an empty name, what queue N keeps as a whole. Both change with
-- almost every call: in one table they mostly share a page, and each page costs a commit as much as
-- all its statements together.
CREATE TABLE fairlane_lane (
    id INTEGER PRIMARY KEY,
    queue INTEGER NOT NULL,
    name TEXT NOT NULL,
    start INTEGER NOT NULL DEFAULT 0,  -- virtual time
    load INTEGER,                      -- null unless the lane is ready, one of many
    turn INTEGER,                      -- null unless the lane is ready
    wakes_at INTEGER,                  -- null unless the lane is throttled
    first INTEGER NOT NULL DEFAULT 0,  -- the position before which a returned job goes
    next INTEGER NOT NULL DEFAULT 0,   -- the position at which a due job goes
    ready INTEGER NOT NULL DEFAULT 0,
    delayed INTEGER NOT NULL DEFAULT 0,
    blocked INTEGER NOT NULL DEFAULT 0,
    in_flight INTEGER NOT NULL DEFAULT 0,
    rate_count INTEGER NOT NULL DEFAULT 0,
    rate_window INTEGER NOT NULL DEFAULT 1000,
    rate_used INTEGER NOT NULL DEFAULT 0,
    max_in_flight INTEGER NOT NULL DEFAULT 0,
    weight INTEGER NOT NULL DEFAULT 1,
    max_waiting INTEGER NOT NULL DEFAULT 0,
    paused INTEGER NOT NULL DEFAULT 0,
    throttled_until INTEGER NOT NULL DEFAULT 0,
    kept INTEGER NOT NULL DEFAULT 0,   -- has limits from set_limits, so it outlives its jobs
    -- What follows is a queue's own, and null in lanes.
    max_start INTEGER,                 -- the highest start ever given to a lane
    turns INTEGER,                     -- the last turn given
    is_crowded INTEGER,                -- whether many lanes are ready
    next_job INTEGER,                  -- jobs from here on are not in any sum yet
    key_generation INTEGER,
    clock INTEGER,                     -- the latest moment recorded
    due INTEGER,                       -- nothing but a lease comes due before this
    lease_due INTEGER,                 -- no lease lapses before this
    lane_cursor INTEGER,               -- where the search for gone lanes goes on
    ready_lanes INTEGER,
    dead INTEGER,
    quarantined INTEGER,
    pushed INTEGER,
    completed INTEGER,
    retried INTEGER,
    died INTEGER,
    lapsed INTEGER
) STRICT;
CREATE UNIQUE INDEX fairlane_lane_name ON fairlane_lane (queue, name);
CREATE INDEX fairlane_lane_ready ON fairlane_lane (queue, load, start, turn) WHERE load IS NOT NULL;
CREATE INDEX fairlane_lane_few ON fairlane_lane (queue) WHERE turn IS NOT NULL AND load IS NULL;
CREATE INDEX fairlane_lane_wakes ON fairlane_lane (queue, wakes_at) WHERE wakes_at IS NOT NULL;

CREATE TABLE fairlane_job (
    id INTEGER PRIMARY KEY,            -- queue << 40 | number
    lane INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,  -- 0 ready or leased, 1 delayed, 2 blocked
    priority INTEGER NOT NULL DEFAULT 1,
    position INTEGER NOT NULL,         -- in fairlane_place, once it is ready
    cost INTEGER NOT NULL DEFAULT 1,
    tries INTEGER NOT NULL DEFAULT 0,  -- without the one of a present lease
    max_tries INTEGER NOT NULL DEFAULT 10,
    deliveries INTEGER NOT NULL DEFAULT 0, -- without the one of a present lease
    lapses INTEGER NOT NULL DEFAULT 0,
    pushed_at INTEGER NOT NULL,
    due_at INTEGER,
    key TEXT,
    key_generation INTEGER,            -- the key is the job's as long as this is the queue's
    key_until INTEGER,
    after INTEGER,
    backoff TEXT,
    error TEXT,
    payload BLOB                       -- null if it is in fairlane_payload
    -- Not STRICT: checking each value costs a third of an insert, and reading checks them anyway.
);
CREATE INDEX fairlane_job_blocked ON fairlane_job (after) WHERE state = 2;

CREATE TABLE fairlane_payload (
    job INTEGER PRIMARY KEY,
    payload BLOB NOT NULL
) STRICT;

CREATE TABLE fairlane_place (
    lane INTEGER NOT NULL,
    rank INTEGER NOT NULL,             -- 9 - priority of a ready job, -1 of one in flight
    position INTEGER NOT NULL,         -- the order of ready jobs; of one in flight: its id
    job INTEGER NOT NULL,
    last INTEGER,                      -- of ready jobs only: the last of a run of successive ids
    delivery INTEGER,                  -- this and what follows: of a job in flight only
    lease_until INTEGER,
    owner INTEGER,                     -- the incarnation of the process that holds the lease
    PRIMARY KEY (lane, rank, position)
) STRICT, WITHOUT ROWID;

-- Pops and completions that no other table knows of yet.
CREATE TABLE fairlane_log (
    number INTEGER PRIMARY KEY,        -- queue << 40 | number in the log
    lane INTEGER NOT NULL,
    first INTEGER NOT NULL,            -- the job, or a run of jobs with successive ids
    last INTEGER NOT NULL,
    delivery INTEGER,                  -- this and what follows: of pops only
    lease_until INTEGER,
    owner INTEGER,
    start INTEGER,                     -- the lane's virtual time after the last of the run
    virtual_time INTEGER               -- the queue's
);

CREATE TABLE fairlane_delayed (
    queue INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    job INTEGER NOT NULL,
    PRIMARY KEY (queue, due_at, job)
) STRICT, WITHOUT ROWID;

CREATE TABLE fairlane_start (
    gate INTEGER NOT NULL,             -- a lane, or the negative number of a queue
    at INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    PRIMARY KEY (gate, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE fairlane_key (
    queue INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    name TEXT NOT NULL,
    job INTEGER NOT NULL,
    held_until INTEGER NOT NULL,
    live INTEGER NOT NULL,             -- 0 once the job has ended
    PRIMARY KEY (queue, generation, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX fairlane_key_ended ON fairlane_key (queue, held_until) WHERE live = 0;

CREATE TABLE fairlane_dead (
    id INTEGER PRIMARY KEY,
    queue INTEGER NOT NULL,
    died_at INTEGER NOT NULL,
    lane TEXT NOT NULL,
    priority INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    max_tries INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    lapses INTEGER NOT NULL,
    pushed_at INTEGER NOT NULL,
    key TEXT,
    key_generation INTEGER,            -- the key is the job's as long as this is the queue's
    key_until INTEGER,
    after INTEGER,
    backoff TEXT,
    error TEXT,
    payload BLOB NOT NULL
) STRICT;
CREATE INDEX fairlane_dead_age ON fairlane_dead (queue, died_at, id);

CREATE TABLE fairlane_quarantine (
    job INTEGER NOT NULL,
    queue INTEGER NOT NULL,
    found_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    row TEXT,                          -- what could be read of the job, as JSON
    payload BLOB
) STRICT;
";

const ADD_HOLDS: &str = "
CREATE TABLE fairlane_hold (
    queue INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    name TEXT NOT NULL,
    owner INTEGER NOT NULL,
    kept_until INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (queue, generation, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX fairlane_hold_ends ON fairlane_hold (queue, ends_at);

-- Holds of other generations are over; there is no row before the first bump.
CREATE TABLE fairlane_hold_generation (
    queue INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL
) STRICT;
";

const SCHEDULES: &str = "
CREATE TABLE fairlane_schedule (
    queue INTEGER NOT NULL,
    name TEXT NOT NULL,
    cron TEXT,                         -- null if every says when it ticks
    timezone TEXT,
    every INTEGER,
    catch_up TEXT NOT NULL,
    lane TEXT NOT NULL,                -- this and what follows: of the jobs
    priority INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    max_tries INTEGER NOT NULL,
    backoff TEXT,
    key TEXT,
    key_ttl INTEGER,
    payload BLOB NOT NULL,
    next_at INTEGER NOT NULL,
    last_at INTEGER,
    PRIMARY KEY (queue, name)
) STRICT;
CREATE INDEX fairlane_schedule_next ON fairlane_schedule (queue, next_at, name);
";

const RESULTS: &str = "
CREATE TABLE fairlane_result (
    job INTEGER PRIMARY KEY,
    queue INTEGER NOT NULL,
    kept_until INTEGER NOT NULL,
    value BLOB NOT NULL
) STRICT;
CREATE INDEX fairlane_result_ended ON fairlane_result (queue, kept_until);

-- Who waits for the end of which job.
CREATE TABLE fairlane_awaited (
    job INTEGER NOT NULL,
    owner INTEGER NOT NULL,            -- the incarnation of a process; 0 in memory
    PRIMARY KEY (job, owner)
) STRICT, WITHOUT ROWID;
ALTER TABLE fairlane_lane ADD COLUMN awaited INTEGER NOT NULL DEFAULT 0; -- of a queue: its rows there
";

const HEADERS: &str = "
ALTER TABLE fairlane_job ADD COLUMN headers TEXT; -- a JSON object; null if there are none
ALTER TABLE fairlane_dead ADD COLUMN headers TEXT;
";

/// Brings the file to this release's version, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Step<()> {
    let latest = MIGRATIONS.len() as i64;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = stored_version(&transaction)?;
    if version > latest {
        return Err(Error::new(
            ErrorCode::VersionMismatch,
            format!("schema version {version} is of a newer release: accepted are up to {latest}"),
        )
        .into());
    }
    let done = usize::try_from(version).unwrap_or(0);
    for migration in &MIGRATIONS[done..] {
        transaction.execute_batch(migration)?;
    }
    if version < latest {
        inbox::complete(&transaction)?;
        transaction.execute(
            "INSERT OR REPLACE INTO fairlane_meta (name, value) VALUES ('schema_version', ?1)",
            [latest],
        )?;
    }
    transaction.commit()?;
    Ok(())
}

/// Reads the version; 0 for a file that holds no queue yet.
fn stored_version(transaction: &Transaction<'_>) -> Step<i64> {
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS fairlane_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL)
         STRICT, WITHOUT ROWID",
    )?;
    let version = transaction
        .query_row("SELECT value FROM fairlane_meta WHERE name = 'schema_version'", [], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(version.unwrap_or(0))
}

//! Rows that fairlane did not write so: each is set aside, counted and reported, and the rest runs.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use fairlane::clock::ManualClock;
use fairlane::{ErrorCode, FailedFilter, JobInfo, NewJob, Queue, QueueOptions};
use fairlane_tests::invariants;
use log::{Level, LevelFilter, Log, Metadata, Record};
use rusqlite::Connection;
use tempfile::TempDir;

const SECOND: Duration = Duration::from_secs(1);

const START_OF_TIME: i64 = 1_800_000_000_000;

/// Keeps the errors that are logged, by the thread that logs them.
struct Reports(Mutex<Vec<(std::thread::ThreadId, String)>>);

static REPORTS: Reports = Reports(Mutex::new(Vec::new()));

impl Log for Reports {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() == Level::Error
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let report = (std::thread::current().id(), record.args().to_string());
            self.0.lock().unwrap().push(report);
        }
    }

    fn flush(&self) {}
}

/// Gives what this thread has logged since it was last asked.
fn reports() -> Vec<String> {
    let own = std::thread::current().id();
    let mut all = REPORTS.0.lock().unwrap();
    all.extract_if(.., |(thread, _)| *thread == own).map(|(_, text)| text).collect()
}

/// Where a job stands when its rows are damaged.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Ready,
    Delayed,
    Leased,
    Blocked,
}

struct Damaged {
    _dir: TempDir,
    file: PathBuf,
}

impl Damaged {
    /// Makes a file with three jobs of the lane "sick", of which the second stands at `stage`, and
    /// one of the lane "sound".
    fn new(stage: Stage) -> Self {
        static START: Once = Once::new();
        START.call_once(|| {
            log::set_logger(&REPORTS).unwrap();
            log::set_max_level(LevelFilter::Error);
        });
        let dir = tempfile::tempdir().unwrap();
        let damaged = Self { file: dir.path().join("jobs.db"), _dir: dir };
        let queue = damaged.open(START_OF_TIME);
        let sick = |payload: &str| NewJob::new(payload).lane("sick");
        let first = queue.push(sick("first")).unwrap();
        // A payload larger than what stands in the row itself.
        let second = sick(&"second".repeat(10_000)).key("key", SECOND);
        let second = match stage {
            Stage::Ready | Stage::Leased => second,
            Stage::Delayed => second.delay(SECOND),
            Stage::Blocked => second.after(first),
        };
        assert_eq!(queue.push(second).unwrap().0, 2);
        queue.push(sick("third")).unwrap();
        queue.push(NewJob::new("sound").lane("sound")).unwrap();
        if matches!(stage, Stage::Leased) {
            assert_eq!(queue.pop_many(10, Duration::ZERO, SECOND).unwrap().len(), 4);
        }
        damaged
    }

    /// Runs a statement in which `{2}` picks the row of job 2.
    fn damage(&self, damage: &str) {
        let database = Connection::open(&self.file).unwrap();
        database.execute_batch(&damage.replace("{2}", "id & 1099511627775 = 2")).unwrap();
        assert!(database.total_changes() > 0, "nothing was damaged by {damage}");
        reports();
    }

    fn open(&self, now: i64) -> Queue {
        let clock = Arc::new(ManualClock::new(now));
        let options = QueueOptions { clock, ..QueueOptions::default() };
        Queue::open_with(self.file.to_str().unwrap(), "work", options).unwrap()
    }

    /// An hour after the damage, all sound jobs are served and the damaged one is set aside, once.
    fn check(&self, what: &str) {
        self.damage(what);
        let queue = self.open(START_OF_TIME + 3_600_000);
        let mut served = Vec::new();
        while let Some(job) = queue.pop(Duration::ZERO, SECOND).unwrap() {
            served.push(String::from_utf8(job.payload).unwrap());
            queue.mark_complete(&job.token).unwrap();
        }
        served.sort_unstable();
        assert_eq!(served, ["first", "sound", "third"], "{what}");
        let stats = queue.stats().unwrap();
        assert_eq!((stats.quarantined, stats.completed), (1, 3), "{what}");
        assert_eq!((stats.counts.waiting(), stats.counts.in_flight), (0, 0), "{what}");
        invariants::check(&queue.dump().unwrap()).unwrap();
        let reports = reports();
        assert!(reports.iter().any(|report| report.contains("job 2 ")), "{what}: {reports:?}");
        // The lane works as before, and the key of the job that was set aside is free.
        let again = NewJob::new("again").lane("sick").key("key", SECOND);
        assert_ne!(queue.push(again).unwrap().0, 2, "{what}");
        assert_eq!(queue.pop(Duration::ZERO, SECOND).unwrap().unwrap().payload, b"again", "{what}");
    }
}

/// Values that cannot be read or mean nothing.
const BAD_VALUES: [&str; 5] = [
    "UPDATE fairlane_job SET backoff = 'soon' WHERE {2}",
    "UPDATE fairlane_job SET backoff = '{\"min\":1}' WHERE {2}",
    "UPDATE fairlane_job SET error = CAST(x'ff' AS TEXT) WHERE {2}",
    "UPDATE fairlane_job SET key = CAST(x'ff' AS TEXT) WHERE {2}",
    "DELETE FROM fairlane_payload",
];

/// Rows that are gone, while others still point to them.
const MISSING_ROWS: [&str; 2] = [
    "DELETE FROM fairlane_job WHERE {2}",
    "DELETE FROM fairlane_payload; DELETE FROM fairlane_job WHERE {2}",
];

#[test]
fn a_damaged_job_is_set_aside_when_it_is_served() {
    for damage in BAD_VALUES.iter().chain(&MISSING_ROWS) {
        Damaged::new(Stage::Ready).check(damage);
    }
}

/// Jobs that were pushed one behind the other stand in the order as one run.
#[test]
fn missing_jobs_hide_none_of_those_that_were_pushed_with_them() {
    for missing in [6..=6, 7..=9, 10..=12, 6..=12] {
        let damaged = Damaged::new(Stage::Ready);
        let queue = damaged.open(START_OF_TIME);
        queue.purge(None).unwrap();
        let pushed = queue.push_many(vec![NewJob::new("one of a run"); 8]).unwrap();
        assert_eq!((pushed[0].id.0, pushed[7].id.0), (5, 12));
        let (first, last) = (missing.start(), missing.end());
        damaged.damage(&format!(
            "DELETE FROM fairlane_job WHERE id & 1099511627775 BETWEEN {first} AND {last}"
        ));
        let mut served = Vec::new();
        while let Some(job) = queue.pop(Duration::ZERO, SECOND).unwrap() {
            served.push(job.id.0);
            queue.mark_complete(&job.token).unwrap();
        }
        let sound: Vec<u64> = (5..=12).filter(|id| !missing.contains(id)).collect();
        assert_eq!(served, sound);
        let stats = queue.stats().unwrap();
        assert_eq!((stats.quarantined, stats.counts.waiting()), (missing.count() as i64, 0));
        invariants::check(&queue.dump().unwrap()).unwrap();
    }
}

#[test]
fn a_damaged_job_is_set_aside_when_it_comes_due() {
    for damage in BAD_VALUES.iter().chain(&MISSING_ROWS) {
        Damaged::new(Stage::Delayed).check(damage);
    }
}

#[test]
fn a_damaged_job_is_set_aside_when_its_lease_lapses() {
    for damage in BAD_VALUES.iter().chain(&MISSING_ROWS) {
        Damaged::new(Stage::Leased).check(damage);
    }
}

#[test]
fn a_damaged_job_is_set_aside_when_its_parent_completes() {
    for damage in BAD_VALUES {
        Damaged::new(Stage::Blocked).check(damage);
    }
}

#[test]
fn a_worker_can_end_a_job_that_was_damaged_meanwhile() {
    for damage in BAD_VALUES {
        let damaged = Damaged::new(Stage::Ready);
        let queue = damaged.open(START_OF_TIME);
        let jobs = queue.pop_many(10, Duration::ZERO, SECOND).unwrap();
        assert_eq!(jobs.len(), 4);
        damaged.damage(damage);
        for job in jobs {
            let ended = queue.mark_complete(&job.token);
            assert!(ended.is_ok() || job.id.0 == 2, "{damage}: {ended:?}");
        }
        let stats = queue.stats().unwrap();
        assert_eq!(stats.completed + stats.quarantined, 4, "{damage}");
        invariants::check(&queue.dump().unwrap()).unwrap();
    }
}

/// A damaged dead job hides no other one, and is set aside when it is to live again.
#[test]
fn a_damaged_dead_job_is_set_aside_when_it_is_restored() {
    for column in ["backoff", "error", "lane"] {
        let damaged = Damaged::new(Stage::Ready);
        let queue = damaged.open(START_OF_TIME);
        for job in queue.pop_many(10, Duration::ZERO, SECOND).unwrap() {
            queue.fail(&job.token, "in vain").unwrap();
        }
        damaged.damage(&format!(
            "UPDATE fairlane_dead SET {column} = CAST(x'ff' AS TEXT) WHERE {{2}}"
        ));
        let ids = |jobs: Vec<JobInfo>| jobs.into_iter().map(|job| job.id.0).collect::<Vec<_>>();
        assert_eq!(ids(queue.failed(10).unwrap()), [4, 3, 1], "{column}");
        assert_eq!(queue.restore_failed(FailedFilter::All).unwrap(), 3, "{column}");
        let stats = queue.stats().unwrap();
        assert_eq!((stats.quarantined, stats.dead, stats.counts.ready), (1, 0, 3), "{column}");
        assert!(reports().iter().any(|report| report.contains("job 2 ")), "{column}");
        invariants::check(&queue.dump().unwrap()).unwrap();
    }
}

#[test]
fn a_file_whose_pages_are_overwritten_is_corrupt() {
    let damaged = Damaged::new(Stage::Ready);
    let database = Connection::open(&damaged.file).unwrap();
    let copy = damaged.file.with_file_name("copy.db");
    database.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    let mut bytes = std::fs::read(&copy).unwrap();
    bytes[4096..].fill(0x5a);
    std::fs::write(&copy, bytes).unwrap();
    let error = Queue::open(copy.to_str().unwrap(), "work")
        .and_then(|queue| queue.pop(Duration::ZERO, SECOND))
        .expect_err("a damaged file");
    assert_eq!(error.code(), ErrorCode::Corrupt, "{error}");
    assert!(error.message().contains("copy.db"), "{error}");
}

//! Files whose rows something else has damaged: a repair makes the queue what it would be if the
//! damage had not happened. (What jobs that cannot be read lead to without it: `corruption`.)

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fairlane::clock::{Clock, ManualClock};
use fairlane::store::Dump;
use fairlane::{LimitsChange, NewJob, Queue, QueueOptions, Rate, Repaired};
use fairlane_tests::invariants;
use fairlane_tests::stores::DAWN;
use rusqlite::Connection;
use tempfile::TempDir;

const NOW: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Two files that were given the same jobs and calls: one is damaged, the other is not.
struct Twins {
    directory: TempDir,
    clock: Arc<ManualClock>,
}

impl Twins {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(DAWN));
        let twins = Self { directory: tempfile::tempdir().unwrap(), clock };
        fill(&twins.open("sick"));
        fill(&twins.open("sound"));
        twins
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(format!("{name}.db"))
    }

    fn open(&self, name: &str) -> Queue {
        let terms: Arc<dyn Clock> = Arc::<ManualClock>::clone(&self.clock);
        let options = QueueOptions { clock: terms, keep_leases: true, ..QueueOptions::default() };
        Queue::open_with(self.path(name).to_str().unwrap(), "work", options).unwrap()
    }

    fn damage(&self, name: &str, damage: &str) {
        let file = Connection::open(self.path(name)).unwrap();
        file.execute_batch(damage).unwrap();
        assert!(file.total_changes() > 0, "nothing was damaged by {damage}");
    }

    /// Checks that a repair undoes that damage; what it took for good is taken from the other queue
    /// by `taken`.
    fn check(damage: &str, taken: impl Fn(&Self, &Queue)) -> Repaired {
        let twins = Self::new();
        twins.damage("sick", damage);
        let (sick, sound) = (twins.open("sick"), twins.open("sound"));
        taken(&twins, &sound);
        let repaired = sick.repair().unwrap();
        assert!(!repaired.is_sound(), "{damage}: nothing was found");
        let again = sick.repair().unwrap();
        assert!(again.is_sound(), "{damage}: something was left: {again:?}");
        sound.dethrottle().unwrap();
        for _ in 0..40 {
            assert_eq!(dump(&sick), dump(&sound), "{damage}");
            for queue in [&sick, &sound] {
                for job in queue.pop_many(3, NOW, MINUTE).unwrap() {
                    queue.mark_complete(&job.token).unwrap();
                }
            }
            twins.clock.advance(2_000);
        }
        let counts = sick.stats().unwrap().counts;
        assert_eq!((counts.waiting(), counts.in_flight), (0, 0), "{damage}");
        repaired
    }
}

fn dump(queue: &Queue) -> Dump {
    let mut dump = queue.dump().unwrap();
    invariants::check(&dump).unwrap();
    dump.stats.quarantined = 0;
    dump
}

/// Gives a queue jobs in every state: those numbered 1 and 2 are in flight, 3 to 5 are ready, 6 is
/// delayed, 7 is blocked on 4.
fn fill(queue: &Queue) {
    let push = |job: NewJob| queue.push(job).unwrap();
    let capped = LimitsChange {
        max_in_flight: Some(2),
        rate: Some(Rate::per_second(3)),
        weight: None,
        max_waiting: None,
    };
    queue.set_limits(Some("a"), capped).unwrap();
    push(NewJob::new("held").lane("a"));
    push(NewJob::new("held too").lane("a"));
    assert_eq!(queue.pop_many(2, NOW, MINUTE).unwrap().len(), 2);
    push(NewJob::new("ready").lane("b"));
    let parent = push(NewJob::new("ready too").lane("b").key("key", SECOND));
    push(NewJob::new("capped").lane("a"));
    push(NewJob::new("delayed").lane("b").delay(SECOND));
    push(NewJob::new("blocked").lane("c").after(parent));
    queue.throttle(Some("throttled"), SECOND).unwrap();
    push(NewJob::new("throttled").lane("throttled"));
    // Books are kept before a queue is closed, so that the file holds all there is.
    queue.dethrottle().unwrap();
}

const JOB: &str = "id & 1099511627775";

#[test]
fn counters_follow_from_rows() {
    for damage in [
        "UPDATE fairlane_lane SET ready = ready + 5 WHERE name = 'b'",
        "UPDATE fairlane_lane SET in_flight = 0 WHERE name = 'a'",
        "UPDATE fairlane_lane SET in_flight = 9 WHERE name = 'b'",
        "UPDATE fairlane_lane SET delayed = 3 WHERE name = 'a'",
        "UPDATE fairlane_lane SET delayed = 0 WHERE name = 'b'",
        "UPDATE fairlane_lane SET blocked = 0 WHERE name = 'c'",
        "UPDATE fairlane_lane SET wakes_at = NULL WHERE name = 'throttled'",
        "UPDATE fairlane_lane SET turn = 5 WHERE name = 'a'",
    ] {
        let repaired = Twins::check(damage, |_, _| {});
        assert_eq!((repaired.mended_lanes, repaired.lost_jobs), (1, 0), "{damage}");
    }
    for damage in [
        "UPDATE fairlane_lane SET ready = 77 WHERE id < 0",
        "UPDATE fairlane_lane SET in_flight = 0, delayed = 0, blocked = 0 WHERE id < 0",
        "UPDATE fairlane_lane SET ready_lanes = 0 WHERE id < 0",
        "UPDATE fairlane_lane SET dead = 3 WHERE id < 0",
        "UPDATE fairlane_lane SET due = 9e15, lease_due = 9e15 WHERE id < 0",
    ] {
        let repaired = Twins::check(damage, |_, _| {});
        assert!(repaired.mended_sums > 0, "{damage}");
        assert_eq!((repaired.mended_lanes, repaired.lost_jobs), (0, 0), "{damage}");
    }
}

#[test]
fn entries_that_name_nothing_are_dropped() {
    for damage in [
        "INSERT INTO fairlane_place (lane, rank, position, job, last)
            SELECT id, 8, 900, 1 << 40 | 999, 1 << 40 | 999 FROM fairlane_lane WHERE name = 'b'",
        "INSERT INTO fairlane_place (lane, rank, position, job, last)
            SELECT id, 8, 900, 1 << 40 | 1, 1 << 40 | 3 FROM fairlane_lane WHERE name = 'b'",
        "INSERT INTO fairlane_delayed (queue, due_at, job) VALUES (1, 99, 1 << 40 | 999)",
        "INSERT INTO fairlane_delayed (queue, due_at, job) VALUES (1, 9e15, 1 << 40 | 3)",
    ] {
        let repaired = Twins::check(damage, |_, _| {});
        assert!(repaired.dropped_entries > 0, "{damage}");
        assert_eq!(repaired.lost_jobs, 0, "{damage}");
    }
}

/// A parent that is gone has completed.
#[test]
fn a_job_whose_parent_has_no_row_is_released() {
    let twins = Twins::new();
    twins.damage("sick", &format!("DELETE FROM fairlane_job WHERE {JOB} = 4"));
    let queue = twins.open("sick");
    let repaired = queue.repair().unwrap();
    assert_eq!((repaired.placed_jobs, repaired.lost_jobs), (1, 1));
    assert_eq!(queue.peek("c", 1).unwrap()[0].payload, b"blocked");
    assert!(queue.repair().unwrap().is_sound());
}

#[test]
fn jobs_are_put_where_they_belong() {
    let repaired = Twins::check("DELETE FROM fairlane_delayed", |_, _| {});
    assert_eq!((repaired.placed_jobs, repaired.lost_jobs), (1, 0));
}

/// A job without a place may be in the hands of a worker whose lease is gone.
#[test]
fn a_job_whose_lease_is_gone_has_lapsed() {
    let damage = "DELETE FROM fairlane_place WHERE rank = -1";
    let repaired = Twins::check(damage, |twins, sound| {
        sound.dethrottle().unwrap();
        twins.damage(
            "sound",
            "UPDATE fairlane_place SET lease_until = 1 WHERE rank = -1;
             UPDATE fairlane_lane SET lease_due = 1 WHERE id < 0",
        );
    });
    assert_eq!((repaired.placed_jobs, repaired.lost_jobs), (2, 0));
}

#[test]
fn jobs_without_a_row_are_lost_and_nothing_else_is() {
    for id in [1, 3, 5, 6, 7] {
        let damage = format!("DELETE FROM fairlane_job WHERE {JOB} = {id}");
        let cancel = |_: &Twins, sound: &Queue| {
            assert!(sound.cancel(id.to_string().parse().unwrap()).unwrap());
        };
        let repaired = Twins::check(&damage, cancel);
        // Of a blocked one nothing tells but a counter.
        assert_eq!(repaired.lost_jobs, u64::from(id != 7), "{damage}");
        let damage = format!("UPDATE fairlane_job SET backoff = 'soon' WHERE {JOB} = {id}");
        let repaired = Twins::check(&damage, cancel);
        assert_eq!(repaired.lost_jobs, 1, "{damage}");
    }
}

//! Rows on Redis that fairlane did not write so: none of them stops a call half-way or hides the rest
//! of the queue. (How the damage is mended: `redis_repair`.)

use std::sync::Arc;
use std::time::Duration;

use fairlane::clock::ManualClock;
use fairlane::{ErrorCode, FailedFilter, LimitsChange, NewJob, Queue, QueueOptions};
use fairlane_tests::invariants;
use fairlane_tests::redis::RedisServer;
use fairlane_tests::stores::DAWN;

const NOW: Duration = Duration::ZERO;
const MINUTE: Duration = Duration::from_secs(60);

/// Where the job with the payload "damaged" stands when its rows are damaged.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    /// In its lane, never delivered.
    Fresh,
    /// In its lane, delivered before.
    Released,
    /// Blocked on another, with all that makes a record long.
    Blocked,
    Delayed,
    Leased,
}

const STAGES: [Stage; 5] =
    [Stage::Fresh, Stage::Released, Stage::Blocked, Stage::Delayed, Stage::Leased];

struct Damaged {
    server: RedisServer,
    queue: Queue,
    clock: Arc<ManualClock>,
}

impl Damaged {
    /// Makes a queue with five jobs of the lane "sick", of which the third stands at `stage`, and
    /// five of the lane "sound". Lanes without limits are served by the plain scripts.
    fn new(stage: Stage, is_plain: bool) -> Self {
        let server = RedisServer::start(&[]);
        let clock = Arc::new(ManualClock::new(DAWN));
        let options = QueueOptions { clock: Arc::clone(&clock) as _, ..QueueOptions::default() };
        let queue = Queue::open_with(&server.url(), "work", options).unwrap();
        if !is_plain {
            let capped = LimitsChange {
                rate: None,
                max_in_flight: Some(99),
                weight: None,
                max_waiting: None,
            };
            queue.set_limits(Some("sick"), capped).unwrap();
        }
        for nth in 0..5 {
            if nth == 2 {
                let job = NewJob::new("damaged").lane("sick");
                let job = match stage {
                    Stage::Blocked => job.key("key", NOW).cost(2).after(fairlane::JobId(1)),
                    Stage::Delayed => job.delay(MINUTE),
                    _ => job,
                };
                queue.push(job).unwrap();
            } else {
                queue.push(NewJob::new("sound").lane("sick")).unwrap();
            }
            queue.push(NewJob::new("sound").lane("sound")).unwrap();
        }
        if matches!(stage, Stage::Released | Stage::Leased) {
            for job in queue.pop_many(10, NOW, MINUTE).unwrap() {
                if stage == Stage::Released || job.payload != b"damaged" {
                    queue.release(&job.token, NOW).unwrap();
                }
            }
        }
        Self { server, queue, clock }
    }

    fn damage(&self, script: &str) {
        let script = script.replace("rows", "KEYS[1]").replace("call", "redis.call");
        self.server.command::<()>(&["EVAL", &script, "1", "{fairlane:work}"]);
    }

    /// Serves all jobs, `count` at a time, each once; gives how many there were.
    fn serve(&self, count: usize) -> usize {
        let mut served = Vec::new();
        for _ in 0..3 {
            loop {
                let jobs = self.queue.pop_many(count, NOW, MINUTE).unwrap();
                if jobs.is_empty() {
                    break;
                }
                served.extend(jobs.iter().map(|job| job.id));
                let tokens: Vec<_> = jobs.iter().map(|job| job.token).collect();
                assert!(self.queue.mark_complete_many(&tokens).unwrap().iter().all(Result::is_ok));
            }
            self.clock.advance(120_000);
        }
        let all = served.len();
        served.sort_unstable();
        served.dedup();
        assert_eq!(served.len(), all, "a job was served twice");
        all
    }
}

#[test]
fn a_damaged_job_is_set_aside_and_the_others_are_served() {
    for damage in [
        "call('HDEL', rows, 'j5')",
        "call('HSET', rows, 'j5', '')",
        "call('HSET', rows, 'j5', string.sub(call('HGET', rows, 'j5'), 1, 12))",
        "call('HSET', rows, 'j5', string.sub(call('HGET', rows, 'j5'), 1, 6) .. '\\15sick')",
        "call('HSET', rows, 'j5', string.rep('x', 100))",
    ] {
        for stage in STAGES {
            for (is_plain, count) in [(true, 1), (true, 4), (false, 1), (false, 4)] {
                let case = format!("{damage} {stage:?} {is_plain} {count}");
                let damaged = Damaged::new(stage, is_plain);
                damaged.damage(damage);
                assert_eq!(damaged.serve(count), 9, "{case}");
                let stats = damaged.queue.stats().unwrap();
                assert_eq!((stats.quarantined, stats.completed), (1, 9), "{case}");
                assert_eq!(stats.counts.waiting(), 0, "{case}");
                // Which lane counts it that is in flight, delayed or blocked, only a repair finds.
                let is_mended = damaged.queue.repair().unwrap().mended_lanes > 0;
                assert!(!is_mended || !matches!(stage, Stage::Fresh | Stage::Released), "{case}");
                assert_eq!(damaged.queue.stats().unwrap().quarantined, 1, "{case}");
                invariants::check(&damaged.queue.dump().unwrap()).unwrap();
            }
        }
    }
}

#[test]
fn what_a_job_has_been_through_may_be_forgotten() {
    for damage in ["call('HDEL', rows, 'r5')", "call('HSET', rows, 'r5', 'short')"] {
        for count in [1, 4] {
            let damaged = Damaged::new(Stage::Released, true);
            damaged.damage(damage);
            assert_eq!(damaged.serve(count), 10, "{damage}");
        }
    }
}

#[test]
fn entries_that_name_nothing_hold_nobody_up() {
    for damage in [
        "call('LPUSH', rows .. ':w1:sick', 'nothing', '999', '999r')",
        "call('ZADD', rows .. ':ready', -1, 'short')",
        "call('ZADD', rows .. ':ready', -1, string.rep('\\1', 24) .. 'nobody')",
        "call('ZADD', rows .. ':leases', 1, 'nothing', 1, '999.1')",
        "call('ZADD', rows .. ':delayed', 1, 'nothing', 1, struct.pack('>I5', 999))",
        "call('ZADD', rows .. ':wakes', 1, 'nobody')",
        "call('ZADD', rows .. ':idle', 1, 'nobody')",
    ] {
        for (is_plain, count) in [(true, 1), (true, 4), (false, 1), (false, 4)] {
            let damaged = Damaged::new(Stage::Fresh, is_plain);
            damaged.damage(damage);
            assert_eq!(damaged.serve(count), 10, "{damage}");
            assert_eq!(damaged.queue.stats().unwrap().quarantined, 0, "{damage}");
        }
    }
}

#[test]
fn a_lane_whose_row_cannot_be_read_is_served() {
    for damage in ["call('HSET', rows, 'lsick', 'short')", "call('DEL', rows .. ':ready')"] {
        for count in [1, 4] {
            let damaged = Damaged::new(Stage::Fresh, true);
            damaged.damage(damage);
            if damage.contains("DEL") {
                assert!(damaged.queue.pop_many(count, NOW, MINUTE).unwrap().is_empty());
                assert!(!damaged.queue.repair().unwrap().is_sound());
            }
            damaged.queue.push(NewJob::new("another").lane("sick")).unwrap();
            assert_eq!(damaged.serve(count), 11, "{damage}");
        }
    }
}

#[test]
fn a_look_at_a_damaged_job_names_it_and_other_looks_pass_it_over() {
    let damaged = Damaged::new(Stage::Fresh, true);
    damaged.damage("call('HSET', rows, 'j5', 'short')");
    let error = damaged.queue.get(fairlane::JobId(5)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Corrupt);
    assert!(error.message().contains("job 5 is damaged"), "{error}");
    assert_eq!(damaged.queue.peek("sick", 10).unwrap().len(), 4);
    assert_eq!(damaged.queue.dump().unwrap().jobs.len(), 9);
}

#[test]
fn a_damaged_dead_job_hides_no_other() {
    let damaged = Damaged::new(Stage::Fresh, true);
    for job in damaged.queue.pop_many(10, NOW, MINUTE).unwrap() {
        damaged.queue.fail(&job.token, "in vain").unwrap();
    }
    damaged.damage("call('HSET', rows, 'd5', 'short')");
    assert_eq!(damaged.queue.failed(10).unwrap().len(), 9);
    assert_eq!(damaged.queue.restore_failed(FailedFilter::Lane("sick".into())).unwrap(), 4);
    assert_eq!(damaged.queue.restore_failed(FailedFilter::All).unwrap(), 5);
    let stats = damaged.queue.stats().unwrap();
    assert_eq!((stats.quarantined, stats.dead, stats.counts.ready), (1, 0, 9));
    assert!(damaged.queue.repair().unwrap().is_sound());
}

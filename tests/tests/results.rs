//! Results by example, each on every store, and waiting for the end of a job.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use fairlane::clock::ManualClock;
use fairlane::{ErrorCode, FailedFilter, Job, JobId, JobResult, NewJob, Queue, QueueOptions};
use fairlane_tests::redis::RedisServer;
use fairlane_tests::stores::{self, DAWN};

const LEASE: Duration = Duration::from_secs(10);
const NOW: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(60);
const TTL: Duration = Duration::from_secs(5);

struct Bench {
    queue: Queue,
    clock: Arc<ManualClock>,
}

fn on_each_store(test: impl Fn(Bench)) {
    stores::on_each("results", |queue, clock| test(Bench { queue, clock }));
}

impl Bench {
    fn push(&self) -> JobId {
        self.queue.push(NewJob::new("work")).unwrap()
    }

    fn pop(&self) -> Job {
        self.queue.pop(NOW, LEASE).unwrap().expect("a job is ready")
    }

    /// Completes the job that comes next.
    fn complete(&self, result: Option<JobResult>) -> JobId {
        let job = self.pop();
        self.queue.mark_complete_with(&job.token, Vec::new(), result).unwrap();
        job.id
    }

    fn result(&self, id: JobId) -> Option<Vec<u8>> {
        self.queue.result(id, NOW).unwrap()
    }

    fn refusal(&self, id: JobId) -> (ErrorCode, String) {
        let error = self.queue.result(id, NOW).unwrap_err();
        (error.code(), error.message().to_owned())
    }
}

fn kept(value: &str) -> Option<JobResult> {
    Some(JobResult::new(value).ttl(TTL))
}

#[test]
fn a_result_is_there_from_the_completion_on_and_reading_leaves_it() {
    on_each_store(|bench| {
        let id = bench.push();
        let job = bench.pop();
        assert_eq!(bench.refusal(id).0, ErrorCode::Timeout);
        bench.queue.mark_complete_with(&job.token, Vec::new(), kept("done")).unwrap();
        for _ in 0..2 {
            assert_eq!(bench.result(id).as_deref(), Some(&b"done"[..]));
        }
        assert_eq!(bench.queue.get(id).unwrap(), None);
    });
}

#[test]
fn a_result_is_gone_from_its_moment_on_whatever_is_called_before() {
    on_each_store(|bench| {
        bench.push();
        let id = bench.complete(kept("done"));
        bench.clock.advance(4_999);
        assert!(bench.result(id).is_some());
        bench.clock.advance(1);
        assert_eq!(bench.result(id), None);
        bench.queue.dethrottle().unwrap();
        assert_eq!(bench.queue.dump().unwrap().results, Vec::new());
    });
}

#[test]
fn a_clock_that_is_set_back_leaves_a_result_the_time_that_it_had() {
    on_each_store(|bench| {
        bench.push();
        let id = bench.complete(kept("done"));
        bench.clock.advance(-100_000);
        assert!(bench.result(id).is_some());
        bench.queue.dethrottle().unwrap();
        bench.clock.advance(4_999);
        assert!(bench.result(id).is_some());
        bench.clock.advance(1);
        assert_eq!(bench.result(id), None);
    });
}

#[test]
fn a_job_that_has_ended_without_a_result_has_none_at_once() {
    on_each_store(|bench| {
        bench.push();
        let plain = bench.complete(None);
        bench.push();
        let kept_for_no_time = bench.complete(Some(JobResult::new("x").ttl(NOW)));
        let cancelled = bench.push();
        bench.queue.cancel(cancelled).unwrap();
        for id in [plain, kept_for_no_time, cancelled] {
            assert_eq!(bench.queue.result(id, LONG).unwrap(), None);
        }
    });
}

#[test]
fn a_dead_job_has_an_error_for_a_result_until_it_is_restored_or_cleaned() {
    on_each_store(|bench| {
        let id = bench.push();
        bench.queue.fail(&bench.pop().token, "no good").unwrap();
        let told = format!("job {id} is dead: no good");
        assert_eq!(bench.refusal(id), (ErrorCode::JobFailed, told));
        bench.queue.restore_failed(FailedFilter::All).unwrap();
        assert_eq!(bench.refusal(id).0, ErrorCode::Timeout);
        bench.queue.fail(&bench.pop().token, "").unwrap();
        let told = format!("job {id} is dead: its last try gave no error");
        assert_eq!(bench.refusal(id), (ErrorCode::JobFailed, told));
        bench.queue.clean_failed(FailedFilter::All).unwrap();
        assert_eq!(bench.result(id), None);
    });
}

#[test]
fn an_id_that_no_push_gave_is_refused() {
    on_each_store(|bench| {
        for id in [JobId(0), JobId(1)] {
            let told = format!("job {id} was never pushed: accepted are ids that push gave");
            assert_eq!(bench.refusal(id), (ErrorCode::InvalidArgument, told));
            let error = bench.queue.result(id, LONG).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidArgument);
        }
    });
}

#[test]
fn a_completion_that_is_refused_keeps_no_result() {
    on_each_store(|bench| {
        let id = bench.push();
        let token = bench.pop().token;
        let unknown = NewJob::new("").after(JobId(99));
        bench.queue.mark_complete_with(&token, vec![unknown], kept("done")).unwrap_err();
        assert_eq!(bench.refusal(id).0, ErrorCode::Timeout);
        let long = JobResult::new(vec![0; (16 << 20) + 1]);
        let error = bench.queue.mark_complete_with(&token, Vec::new(), Some(long)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::PayloadTooLarge);
        bench.queue.mark_complete_with(&token, Vec::new(), kept("done")).unwrap();
        bench.queue.mark_complete_with(&token, Vec::new(), kept("again")).unwrap_err();
        assert_eq!(bench.result(id).as_deref(), Some(&b"done"[..]));
    });
}

/// Keeps 100 results, one a second, each for 5 seconds.
fn keep_many(queue: &Queue, clock: &ManualClock) {
    for _ in 0..100 {
        queue.push(NewJob::new("work")).unwrap();
        let token = queue.pop(NOW, LEASE).unwrap().unwrap().token;
        queue.mark_complete_with(&token, Vec::new(), kept("done")).unwrap();
        clock.advance(1_000);
    }
}

#[test]
fn rows_of_results_that_are_over_do_not_pile_up_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.db");
    let (queue, clock) = open(file.to_str().unwrap());
    keep_many(&queue, &clock);
    let sql = rusqlite::Connection::open(&file).unwrap();
    let count = || -> i64 {
        sql.query_row("SELECT count(*) FROM fairlane_result", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(), 5);
    clock.advance(5_000);
    queue.dethrottle().unwrap();
    assert_eq!(count(), 0);
}

#[test]
fn rows_of_results_that_are_over_do_not_pile_up_on_a_server() {
    let server = RedisServer::start(&[]);
    let (queue, clock) = open(&server.url());
    keep_many(&queue, &clock);
    let count = |of: &str| -> [i64; 2] {
        ["results", "kept"].map(|name| {
            let key = format!("{{fairlane:results}}:{name}");
            server.command(&[if name == of { "HLEN" } else { "ZCARD" }, &key])
        })
    };
    assert_eq!(count("results"), [5, 5]);
    clock.advance(5_000);
    queue.dethrottle().unwrap();
    assert_eq!(count("results"), [0, 0]);
}

#[test]
fn who_waits_leaves_nothing_behind_on_a_server() {
    let server = RedisServer::start(&[]);
    let (queue, _) = open(&server.url());
    let id = queue.push(NewJob::new("work")).unwrap();
    queue.result(id, Duration::from_millis(20)).unwrap_err();
    for key in server.command::<Vec<String>>(&["KEYS", "*await*"]) {
        let left: i64 = server.command(&["PTTL", &key]);
        assert!((1..=15_000).contains(&left), "{key} stays for {left} ms");
    }
    let token = queue.pop(NOW, LEASE).unwrap().unwrap().token;
    queue.mark_complete(&token).unwrap();
    assert_eq!(server.command::<Vec<String>>(&["KEYS", "*await*"]), Vec::<String>::new());
    for key in server.command::<Vec<String>>(&["KEYS", "*ends*"]) {
        let left: i64 = server.command(&["PTTL", &key]);
        assert!((1..=60_000).contains(&left), "{key} stays for {left} ms");
    }
}

/// Opens a queue with a clock of its own.
fn open(url: &str) -> (Queue, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(DAWN));
    let options = QueueOptions { clock: Arc::clone(&clock) as _, ..QueueOptions::default() };
    (Queue::open_with(url, "results", options).unwrap(), clock)
}

/// Waits for the result of a job while `end` ends it; gives what the wait gave, and how long after
/// the end it lasted.
fn awaited(
    bench: &Bench,
    id: JobId,
    end: impl FnOnce(),
) -> (fairlane::Result<Option<Vec<u8>>>, Duration) {
    thread::scope(|scope| {
        let waiting = scope.spawn(|| (bench.queue.result(id, LONG), Instant::now()));
        // Nothing tells when a thread sleeps; one that does not yet finds the job ended.
        thread::sleep(Duration::from_millis(30));
        let ended = Instant::now();
        end();
        let (result, told) = waiting.join().unwrap();
        (result, told.saturating_duration_since(ended))
    })
}

#[test]
fn every_end_of_a_job_ends_the_wait_for_it() {
    // Nobody who is not called looks so soon.
    let soon = Duration::from_secs(4);
    on_each_store(|bench| {
        let id = bench.push();
        let (result, took) = awaited(&bench, id, || _ = bench.complete(kept("done")));
        assert_eq!(result.unwrap().as_deref(), Some(&b"done"[..]));
        assert!(took < soon, "{took:?}");

        let id = bench.push();
        let (result, took) = awaited(&bench, id, || _ = bench.complete(None));
        assert_eq!(result.unwrap(), None);
        assert!(took < soon, "{took:?}");

        let id = bench.push();
        let (result, took) = awaited(&bench, id, || drop(bench.queue.pop(NOW, NOW).unwrap()));
        assert_eq!(result.unwrap(), None);
        assert!(took < soon, "{took:?}");

        let id = bench.push();
        let fail = || bench.queue.fail(&bench.pop().token, "no good").unwrap();
        let (result, took) = awaited(&bench, id, fail);
        assert_eq!(result.unwrap_err().code(), ErrorCode::JobFailed);
        assert!(took < soon, "{took:?}");

        let id = bench.queue.push(NewJob::new("").max_tries(1)).unwrap();
        bench.pop();
        let lapse = || {
            bench.clock.advance(20_000);
            bench.queue.dethrottle().unwrap();
        };
        let (result, took) = awaited(&bench, id, lapse);
        assert_eq!(result.unwrap_err().message(), format!("job {id} is dead: lease lapsed"));
        assert!(took < soon, "{took:?}");

        for purges in [false, true] {
            let id = bench.push();
            let remove = || {
                if purges {
                    bench.queue.purge(None).unwrap();
                } else {
                    bench.queue.cancel(id).unwrap();
                }
            };
            let (result, took) = awaited(&bench, id, remove);
            assert_eq!(result.unwrap(), None);
            assert!(took < soon, "{took:?}");
        }
    });
}

#[test]
fn a_wait_for_a_job_that_goes_on_ends_with_its_time() {
    on_each_store(|bench| {
        let id = bench.push();
        let began = Instant::now();
        let error = bench.queue.result(id, Duration::from_millis(50)).unwrap_err();
        assert!(began.elapsed() >= Duration::from_millis(50));
        assert_eq!(error.code(), ErrorCode::Timeout);
        let told = format!("job {id} has not ended within 50 ms: wait longer, or ask again");
        assert_eq!(error.message(), told);
        // Who gave up is in nobody's way.
        assert_eq!(bench.complete(kept("done")), id);
        assert!(bench.result(id).is_some());
    });
}

#[test]
fn many_wait_for_one_job_and_are_all_told() {
    on_each_store(|bench| {
        let id = bench.push();
        thread::scope(|scope| {
            let waiting = [(); 8].map(|()| scope.spawn(|| bench.queue.result(id, LONG)));
            thread::sleep(Duration::from_millis(50));
            bench.complete(kept("done"));
            for each in waiting {
                assert_eq!(each.join().unwrap().unwrap().as_deref(), Some(&b"done"[..]));
            }
        });
    });
}

#[test]
fn who_waits_for_a_result_takes_no_ring_from_a_worker() {
    on_each_store(|bench| {
        let awaited = bench.queue.push(NewJob::new("").delay(LONG)).unwrap();
        thread::scope(|scope| {
            let listener = scope.spawn(|| bench.queue.result(awaited, Duration::from_millis(500)));
            let worker = scope.spawn(|| bench.queue.pop(LONG, LEASE).unwrap().unwrap().id);
            thread::sleep(Duration::from_millis(50));
            let (pushed, began) = (bench.push(), Instant::now());
            assert_eq!(worker.join().unwrap(), pushed);
            assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
            assert_eq!(listener.join().unwrap().unwrap_err().code(), ErrorCode::Timeout);
        });
    });
}

#[test]
fn closing_the_queue_ends_a_wait_for_a_result() {
    on_each_store(|bench| {
        let id = bench.push();
        let (result, _) = awaited(&bench, id, || bench.queue.close());
        assert_eq!(result.unwrap_err().code(), ErrorCode::Closed);
    });
}

#[test]
fn many_completions_keep_a_result_each_and_one_that_is_refused_hinders_no_other() {
    on_each_store(|bench| {
        let ids: Vec<JobId> = (0..4).map(|_| bench.push()).collect();
        let jobs = bench.queue.pop_many(4, NOW, LEASE).unwrap();
        let long = JobResult::new(vec![0; (16 << 20) + 1]);
        let given = [kept("one"), Some(long), None, kept("")];
        let completions = jobs.iter().map(|job| job.token).zip(given).collect();
        let told = bench.queue.mark_complete_many_with(completions).unwrap();
        let codes: Vec<_> = told.into_iter().map(|fare| fare.err().map(|e| e.code())).collect();
        assert_eq!(codes, [None, Some(ErrorCode::PayloadTooLarge), None, None]);
        assert_eq!(bench.result(ids[0]).as_deref(), Some(&b"one"[..]));
        assert_eq!(bench.refusal(ids[1]).0, ErrorCode::Timeout);
        assert_eq!(bench.result(ids[2]), None);
        assert_eq!(bench.result(ids[3]).as_deref(), Some(&b""[..]));
    });
}

#[test]
fn a_repair_keeps_results() {
    on_each_store(|bench| {
        bench.push();
        let id = bench.complete(kept("done"));
        bench.queue.repair().unwrap();
        assert_eq!(bench.result(id).as_deref(), Some(&b"done"[..]));
        bench.clock.advance(5_000);
        assert_eq!(bench.result(id), None);
    });
}

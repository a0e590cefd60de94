//! Waits for results that one thread serves for all callers, on every store.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use fairlane::waits::{ResultTold, ResultWaits};
use fairlane::{ErrorCode, JobId, JobResult, NewJob, Queue};
use fairlane_tests::stores;

const LEASE: Duration = Duration::from_secs(10);
const NOW: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(60);
/// Less than it takes until somebody looks who is not called: five seconds.
const SOON: Duration = Duration::from_secs(4);

struct Bench {
    queue: Queue,
    waits: Arc<ResultWaits<u32>>,
    told: Receiver<(u32, ResultTold)>,
}

/// Runs a test beside the thread that listens.
fn on_each_store(test: impl Fn(&Bench)) {
    stores::on_each("waits", |queue, _| {
        let (tell, told) = channel();
        let waits =
            Arc::new(ResultWaits::new(move |caller, how| tell.send((caller, how)).unwrap()));
        let bench = Bench { queue, waits, told };
        let (served, waits) = (bench.queue.clone(), Arc::clone(&bench.waits));
        let serving = thread::spawn(move || waits.serve(&served));
        test(&bench);
        bench.queue.close();
        bench.waits.end();
        serving.join().unwrap();
    });
}

impl Bench {
    fn push(&self) -> JobId {
        self.queue.push(NewJob::new("work")).unwrap()
    }

    fn complete(&self, result: &str) -> JobId {
        let job = self.queue.pop(NOW, LEASE).unwrap().expect("a job is ready");
        let result = Some(JobResult::new(result));
        self.queue.mark_complete_with(&job.token, Vec::new(), result).unwrap();
        job.id
    }

    fn enter(&self, caller: u32, id: JobId, wait: Duration) {
        self.waits.enter(&self.queue, caller, id, wait);
    }

    /// Gives who is told next, and the result.
    fn next(&self) -> (u32, fairlane::Result<Option<Vec<u8>>>) {
        match self.told.recv_timeout(SOON).expect("somebody is told") {
            (caller, ResultTold::Result(result)) => (caller, result),
            (caller, ResultTold::Aborted) => panic!("wait {caller} was aborted"),
        }
    }

    fn next_value(&self) -> (u32, Option<Vec<u8>>) {
        let (caller, result) = self.next();
        (caller, result.unwrap())
    }
}

#[test]
fn all_who_wait_for_a_job_are_told_and_nobody_else() {
    on_each_store(|bench| {
        let (first, second) = (bench.push(), bench.push());
        bench.enter(1, first, LONG);
        bench.enter(2, second, LONG);
        bench.enter(3, first, LONG);
        bench.complete("one");
        let mut told = [bench.next_value(), bench.next_value()];
        told.sort();
        assert_eq!(told, [1, 3].map(|caller| (caller, Some(b"one".to_vec()))));
        bench.complete("two");
        assert_eq!(bench.next_value(), (2, Some(b"two".to_vec())));
    });
}

#[test]
fn waits_that_follow_each_other_are_told_each_and_so_are_those_for_what_has_ended() {
    on_each_store(|bench| {
        for caller in 0..20 {
            let id = bench.push();
            if caller % 2 == 0 {
                bench.enter(caller, id, LONG);
            }
            bench.complete("done");
            if caller % 2 == 1 {
                bench.enter(caller, id, LONG);
            }
            assert_eq!(bench.next_value(), (caller, Some(b"done".to_vec())));
        }
    });
}

#[test]
fn a_thousand_waits_are_told() {
    on_each_store(|bench| {
        for caller in 0..1_000 {
            let id = bench.push();
            bench.enter(caller, id, LONG);
        }
        let jobs = bench.queue.pop_many(1_000, NOW, LEASE).unwrap();
        let result = |job: &fairlane::Job| (job.token, Some(JobResult::new(job.id.to_string())));
        let told = bench.queue.mark_complete_many_with(jobs.iter().map(result).collect()).unwrap();
        assert!(told.iter().all(Result::is_ok));
        let mut callers: Vec<u32> = (0..1_000).map(|_| bench.next_value().0).collect();
        callers.sort_unstable();
        assert_eq!(callers, (0..1_000).collect::<Vec<_>>());
    });
}

#[test]
fn a_wait_ends_with_its_time_or_by_an_abort_and_the_job_goes_on() {
    on_each_store(|bench| {
        let id = bench.push();
        bench.enter(1, id, Duration::from_millis(20));
        bench.enter(2, id, LONG);
        bench.waits.abort(&2);
        let (caller, how) = bench.told.recv_timeout(SOON).unwrap();
        assert!(caller == 2 && matches!(how, ResultTold::Aborted), "{caller} {how:?}");
        while let Some(at) = bench.waits.expire(&bench.queue) {
            thread::sleep(at.saturating_duration_since(Instant::now()));
        }
        let (caller, result) = bench.next();
        let error = result.unwrap_err();
        assert_eq!((caller, error.code()), (1, ErrorCode::Timeout));
        let text = format!("job {id} has not ended within 20 ms: wait longer, or ask again");
        assert_eq!(error.message(), text);
        bench.enter(3, id, LONG);
        bench.complete("done");
        assert_eq!(bench.next_value(), (3, Some(b"done".to_vec())));
    });
}

#[test]
fn what_cannot_be_awaited_is_told_at_once() {
    on_each_store(|bench| {
        bench.enter(1, JobId(9), LONG);
        let (caller, result) = bench.next();
        assert_eq!((caller, result.unwrap_err().code()), (1, ErrorCode::InvalidArgument));
        let id = bench.push();
        let token = bench.queue.pop(NOW, LEASE).unwrap().unwrap().token;
        bench.enter(2, id, LONG);
        bench.queue.fail(&token, "no good").unwrap();
        let (caller, result) = bench.next();
        let error = result.unwrap_err();
        assert_eq!((caller, error.code()), (2, ErrorCode::JobFailed));
        assert_eq!(error.message(), format!("job {id} is dead: no good"));
    });
}

#[test]
fn closing_the_queue_ends_every_wait() {
    on_each_store(|bench| {
        for caller in 0..3 {
            let id = bench.push();
            bench.enter(caller, id, LONG);
        }
        bench.queue.close();
        for _ in 0..3 {
            assert_eq!(bench.next().1.unwrap_err().code(), ErrorCode::Closed);
        }
    });
}

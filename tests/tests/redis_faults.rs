//! One fault at a time on a real Redis server: what a lost reply and a deleted queue do to each verb.

use std::time::{Duration, Instant};

use fairlane::{ErrorCode, FailedFilter, Job, JobId, JobResult, NewJob, Queue, Token};
use fairlane_tests::invariants;
use fairlane_tests::redis::{Proxy, RedisServer};

const NOW: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn open(server: &RedisServer) -> Queue {
    Queue::open(&server.url(), "work").unwrap()
}

fn counts(queue: &Queue) -> (i64, i64, i64, i64) {
    let stats = queue.stats().unwrap();
    (stats.pushed, stats.counts.waiting(), stats.counts.in_flight, stats.completed)
}

/// Does something whose reply is lost, on a queue that has seen all verbs: no error reply is lost
/// in its place. `check` sees what came of it.
fn with_lost_reply<T, U>(
    prepare: impl FnOnce(&Queue) -> T,
    act: impl FnOnce(&Queue, T) -> U,
    check: impl FnOnce(&Queue, U),
) {
    let server = RedisServer::start(&[]);
    let proxy = Proxy::to(server.port());
    let queue = Queue::open(&proxy.url(), "work").unwrap();
    for _ in 0..2 {
        queue.push(NewJob::new("")).unwrap();
        let job = queue.pop(NOW, MINUTE).unwrap().unwrap();
        queue.retry(&job.token, "again", Some(NOW)).unwrap();
        let job = queue.pop(NOW, MINUTE).unwrap().unwrap();
        queue.mark_complete(&job.token).unwrap();
    }
    let prepared = prepare(&queue);
    proxy.lose_replies(1);
    let outcome = act(&queue, prepared);
    assert_eq!(proxy.left_to_lose(), 0, "no reply was lost");
    check(&queue, outcome);
    invariants::check(&queue.dump().unwrap()).unwrap();
}

fn popped(queue: &Queue) -> Job {
    queue.push(NewJob::new("job")).unwrap();
    queue.pop(NOW, MINUTE).unwrap().unwrap()
}

#[test]
fn a_push_whose_reply_is_lost_is_one_job() {
    let check = |queue: &Queue, id: JobId| {
        assert_eq!(counts(queue), (3, 1, 0, 2));
        assert_eq!(queue.pop(NOW, MINUTE).unwrap().unwrap().id, id);
    };
    with_lost_reply(|_| (), |queue, ()| queue.push(NewJob::new("job")).unwrap(), check);
    let many = || (0..3).map(|_| NewJob::new("job").key("k", NOW)).collect();
    with_lost_reply(
        |_| (),
        |queue, ()| queue.push_many(many()).unwrap(),
        |queue, pushed| {
            assert!(pushed.iter().all(|job| job.id == pushed[0].id));
            assert_eq!(counts(queue), (3, 1, 0, 2));
        },
    );
}

#[test]
fn a_job_whose_delivery_is_lost_comes_again_when_its_lease_ends() {
    with_lost_reply(
        |queue| queue.push(NewJob::new("job")).unwrap(),
        |queue, id| (id, queue.pop(MINUTE, SECOND / 2).unwrap()),
        |_, (id, job)| {
            let job = job.expect("the job");
            assert_eq!((job.id, job.tries, job.lapses), (id, 2, 1));
        },
    );
}

#[test]
fn a_completion_whose_reply_is_lost_is_a_success() {
    with_lost_reply(
        popped,
        |queue, job| queue.mark_complete(&job.token).unwrap(),
        |queue, ()| assert_eq!(counts(queue), (3, 0, 0, 3)),
    );
}

#[test]
fn a_completion_that_comes_too_late_is_none_though_its_reply_is_lost() {
    for max_tries in [1, 2] {
        with_lost_reply(
            |queue| {
                queue.push(NewJob::new("job").max_tries(max_tries)).unwrap();
                let job = queue.pop(NOW, Duration::from_millis(1)).unwrap().unwrap();
                while queue.stats().unwrap().lapsed == 0 {
                    queue.dethrottle().unwrap();
                }
                job
            },
            |queue, job| queue.mark_complete(&job.token).unwrap_err(),
            |_, error| assert_eq!(error.code(), ErrorCode::StaleToken, "{error}"),
        );
    }
}

#[test]
fn what_follows_from_a_completion_follows_once() {
    with_lost_reply(
        popped,
        |queue, job| queue.mark_complete_then(&job.token, vec![NewJob::new("next")]).unwrap(),
        |queue, ()| assert_eq!(counts(queue), (4, 1, 0, 3)),
    );
}

/// Another delivery has completed the job, so that it is gone; what this one brings is not there.
#[test]
fn a_completion_that_brings_more_is_told_as_done_only_if_it_was_carried_out() {
    type Completion = fn(&Queue, &Token) -> fairlane::Result<()>;
    let with_follow_up: Completion =
        |queue, token| queue.mark_complete_then(token, vec![NewJob::new("next")]);
    let with_result: Completion =
        |queue, token| queue.mark_complete_with(token, Vec::new(), Some(JobResult::new("mine")));
    for complete in [with_follow_up, with_result] {
        with_lost_reply(
            |queue| {
                queue.push(NewJob::new("job")).unwrap();
                let late = queue.pop(NOW, Duration::from_millis(1)).unwrap().unwrap();
                let job = queue.pop(MINUTE, MINUTE).unwrap().unwrap();
                queue.mark_complete(&job.token).unwrap();
                late
            },
            |queue, late| complete(queue, &late.token).unwrap_err(),
            |queue, error| {
                assert_eq!(error.code(), ErrorCode::StaleToken, "{error}");
                assert_eq!(counts(queue), (3, 0, 0, 3));
            },
        );
        with_lost_reply(popped, |queue, job| complete(queue, &job.token).unwrap(), |_, ()| ());
    }
}

#[test]
fn a_retry_whose_reply_is_lost_is_one_retry() {
    with_lost_reply(
        popped,
        |queue, job| queue.retry(&job.token, "again", Some(NOW)).unwrap(),
        |queue, ()| {
            assert_eq!(queue.stats().unwrap().retried, 3);
            assert_eq!(queue.pop(NOW, MINUTE).unwrap().unwrap().tries, 2);
        },
    );
}

#[test]
fn a_failure_whose_reply_is_lost_is_one_dead_job() {
    with_lost_reply(
        popped,
        |queue, job| queue.fail(&job.token, "no good").unwrap(),
        |queue, ()| assert_eq!(queue.failed(10).unwrap().len(), 1),
    );
}

#[test]
fn what_was_removed_is_told_even_if_the_reply_is_lost() {
    with_lost_reply(
        |queue| queue.push(NewJob::new("job")).unwrap(),
        |queue, id| queue.cancel(id).unwrap(),
        |_, was_there| assert!(was_there),
    );
    with_lost_reply(
        |queue| queue.push_many(vec![NewJob::new("job"); 3]).unwrap(),
        |queue, _| queue.purge(None).unwrap(),
        |_, count| assert_eq!(count, 3),
    );
    let dead = |queue: &Queue| queue.fail(&popped(queue).token, "no good").unwrap();
    with_lost_reply(
        dead,
        |queue, ()| queue.restore_failed(FailedFilter::All).unwrap(),
        |queue, count| assert_eq!((count, counts(queue).1), (1, 1)),
    );
    with_lost_reply(
        dead,
        |queue, ()| queue.clean_failed(FailedFilter::All).unwrap(),
        |_, count| assert_eq!(count, 1),
    );
}

/// The server is killed before it reads the completion, and starts again when the lease has ended.
#[test]
fn a_completion_that_was_not_carried_out_in_time_is_stale_however_often_it_is_sent() {
    let server = RedisServer::start(&["appendonly yes", "appendfsync always"]);
    let (queue, worker) = (open(&server), open(&server));
    queue.push(NewJob::new("job")).unwrap();
    let job = worker.pop(NOW, SECOND / 2).unwrap().unwrap();
    server.freeze();
    std::thread::scope(|scope| {
        let late = scope.spawn(|| worker.mark_complete(&job.token));
        std::thread::sleep(SECOND / 2);
        server.kill();
        server.restart();
        assert_eq!(late.join().unwrap().unwrap_err().code(), ErrorCode::StaleToken);
    });
    assert_eq!(queue.pop(NOW, MINUTE).unwrap().expect("the job").lapses, 1);
}

#[test]
fn workers_of_a_deleted_queue_work_on_the_next_one() {
    const WORKERS: usize = 16;
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    let held = popped(&queue);
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..WORKERS)
            .map(|_| scope.spawn(|| open(&server).pop(MINUTE, MINUTE).unwrap()))
            .collect();
        server.await_blocked(WORKERS);
        server.command::<()>(&["FLUSHALL"]);
        let pushed = Instant::now();
        for _ in 0..WORKERS {
            queue.push(NewJob::new("new")).unwrap();
        }
        for each in waiting {
            assert_eq!(each.join().unwrap().expect("a job").payload, b"new");
        }
        // Without a call they would look after five seconds.
        assert!(pushed.elapsed() < 4 * SECOND, "{:?}", pushed.elapsed());
    });
    let error = queue.mark_complete(&held.token).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument, "{error}");
    let workers = WORKERS as i64;
    assert_eq!(counts(&queue), (workers, 0, workers, 0));
}

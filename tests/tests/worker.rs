//! Workers: handlers on the embedded store and on Redis, with the system's clock.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use fairlane::worker::{Delivery, Event, Reason};
use fairlane::{
    BackoffPolicy, ErrorCode, JobId, JobResult, JobState, NewJob, Queue, Verdict, Worker,
    WorkerState,
};
use fairlane_tests::redis::{RedisServer, shared_server};

const SOON: Duration = Duration::from_secs(20);
/// For what a busy machine may take long over.
const LATE: Duration = Duration::from_secs(120);

/// A queue of its own on each kind of store.
fn on_each_store(name: &str, test: impl Fn(Queue)) {
    test(Queue::open("memory:", name).unwrap());
    test(Queue::open(&shared_server().url(), &format!("worker {name}")).unwrap());
}

/// Notes events as `kind payload` and hands them out.
fn events() -> (impl Fn(&Event<'_>) + Send + Sync + 'static, Receiver<String>) {
    let (tell, told) = channel::<String>();
    let tell = Mutex::new(tell);
    let observer = move |event: &Event<'_>| {
        let text = |job: &fairlane::Job| String::from_utf8_lossy(&job.payload).into_owned();
        let line = match event {
            Event::Started { job } => format!("started {}", text(job)),
            Event::Done { job, .. } => format!("done {}", text(job)),
            Event::Failed { job, error, .. } => format!("failed {}: {error}", text(job)),
            Event::Dead { job, error, .. } => format!("dead {}: {error}", text(job)),
            Event::Released { job } => format!("released {}", text(job)),
            Event::Lost { job } => format!("lost {}", text(job)),
            _ => return,
        };
        // The test may have ended already.
        let _ = tell.lock().unwrap().send(line);
    };
    (observer, told)
}

/// Counts the jobs that wait or run.
fn left(queue: &Queue) -> i64 {
    let counts = queue.stats().unwrap().counts;
    counts.waiting() + counts.in_flight
}

/// Pushes a job of which no try that fails is followed by another while the test runs.
fn push(queue: &Queue, payload: &str) -> JobId {
    let hour = BackoffPolicy { min: 3_600_000, max: 3_600_000, factor: 1.0, jitter: false };
    queue.push(NewJob::new(payload).backoff(hour)).unwrap()
}

#[test]
fn a_result_that_the_handler_gives_back_is_kept() {
    on_each_store("results", |queue| {
        let handler =
            |job: &Delivery| Verdict::done().with_result(JobResult::new(&job.payload[..]));
        let worker = Worker::new(&queue, handler);
        worker.start().unwrap();
        let id = push(&queue, "hello");
        assert_eq!(queue.result(id, SOON).unwrap().as_deref(), Some(&b"hello"[..]));
        assert!(worker.stop(SOON));
    });
}

#[test]
fn what_the_handler_gives_back_ends_the_delivery() {
    on_each_store("verdicts", |queue| {
        let handler = |job: &Delivery| match &job.payload[..] {
            b"follow" => Verdict::Done { then: vec![NewJob::new("followed")], result: None },
            b"fail" => Verdict::fail("never again"),
            b"retry" => {
                Verdict::Retry { error: "not now".into(), delay: Some(Duration::from_secs(3_600)) }
            }
            b"release" => Verdict::Release { delay: Duration::from_secs(3_600) },
            b"panic" => panic!("no way"),
            _ => Verdict::done(),
        };
        let (observer, told) = events();
        let worker = Worker::new(&queue, handler).concurrency(1).observer(observer);
        let [follow, fail, retry, release, panic] =
            ["follow", "fail", "retry", "release", "panic"].map(|payload| push(&queue, payload));
        worker.start().unwrap();
        let mut seen: Vec<_> = (0..12).map(|_| told.recv_timeout(SOON).unwrap()).collect();
        assert!(worker.stop(SOON));
        seen.sort();
        assert_eq!(
            seen,
            [
                "dead fail: never again",
                "done follow",
                "done followed",
                "failed panic: handler panicked: no way",
                "failed retry: not now",
                "released release",
                "started fail",
                "started follow",
                "started followed",
                "started panic",
                "started release",
                "started retry",
            ]
        );
        assert_eq!(queue.get(follow).unwrap(), None);
        let look = |id| queue.get(id).unwrap().unwrap();
        assert_eq!((look(fail).state, look(fail).tries), (JobState::Dead, 1));
        assert_eq!((look(retry).state, look(retry).tries), (JobState::Delayed, 1));
        assert_eq!(look(retry).error.as_deref(), Some("not now"));
        assert_eq!((look(release).state, look(release).tries), (JobState::Delayed, 0));
        assert_eq!(look(panic).tries, 1);
    });
}

#[test]
fn as_many_jobs_run_at_once_as_allowed_and_no_more() {
    const CONCURRENCY: usize = 7;
    on_each_store("concurrency", |queue| {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        // All of them must be there at once for any to go on.
        let meeting = Barrier::new(CONCURRENCY);
        let handler = {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            move |_: &Delivery| {
                let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                meeting.wait();
                running.fetch_sub(1, Ordering::SeqCst);
            }
        };
        let jobs = (0..CONCURRENCY * 30).map(|_| NewJob::new("")).collect();
        queue.push_many(jobs).unwrap();
        let worker = Worker::new(&queue, handler).concurrency(CONCURRENCY);
        worker.start().unwrap();
        let end = Instant::now() + LATE;
        while left(&queue) > 0 && Instant::now() < end {
            std::thread::yield_now();
        }
        assert!(worker.stop(SOON));
        assert_eq!(left(&queue), 0);
        assert_eq!(most.load(Ordering::SeqCst), CONCURRENCY);
    });
}

#[test]
fn the_lease_is_extended_for_as_long_as_the_handler_runs() {
    // Longer than a machine stands still.
    const LEASE: Duration = Duration::from_secs(3);
    on_each_store("lease", |queue| {
        let calls = Arc::new(AtomicUsize::new(0));
        let handler = {
            let calls = Arc::clone(&calls);
            move |job: &Delivery| {
                calls.fetch_add(1, Ordering::SeqCst);
                let first = job.lease_until.unwrap();
                // Until the lease with which it came is over.
                let last = first + LEASE.as_millis() as i64;
                while job.queue().get(job.id).unwrap().unwrap().lease_until.unwrap() < last {
                    assert_eq!(job.signal().reason(), None);
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        };
        let (observer, told) = events();
        let worker = Worker::new(&queue, handler).concurrency(2).lease(LEASE).observer(observer);
        push(&queue, "long");
        worker.start().unwrap();
        assert_eq!(told.recv_timeout(SOON).unwrap(), "started long");
        assert_eq!(told.recv_timeout(SOON).unwrap(), "done long");
        assert!(worker.stop(SOON));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    });
}

/// A handler that goes on until there is a reason not to, and tells it.
fn until_told(tell: Sender<Reason>) -> impl Fn(&Delivery) + Send + Sync + 'static {
    let tell = Mutex::new(tell);
    move |job| {
        if let Some(reason) = job.signal().wait(SOON) {
            let _ = tell.lock().unwrap().send(reason);
        }
    }
}

#[test]
fn a_handler_that_takes_too_long_is_told_and_its_try_has_failed() {
    on_each_store("timeout", |queue| {
        let (tell, reasons) = channel();
        let (observer, told) = events();
        let worker = Worker::new(&queue, until_told(tell))
            .concurrency(1)
            .timeout(Duration::from_millis(50))
            .observer(observer);
        let id = queue.push(NewJob::new("slow").max_tries(1)).unwrap();
        worker.start().unwrap();
        assert_eq!(reasons.recv_timeout(SOON).unwrap(), Reason::TimedOut);
        assert_eq!(told.recv_timeout(SOON).unwrap(), "started slow");
        assert_eq!(told.recv_timeout(SOON).unwrap(), "dead slow: handler took longer than 50ms");
        assert_eq!(queue.get(id).unwrap().unwrap().state, JobState::Dead);
        assert!(worker.stop(SOON));
    });
}

#[test]
fn a_handler_whose_job_is_cancelled_is_told() {
    on_each_store("cancelled", |queue| {
        let (tell, reasons) = channel();
        let (observer, told) = events();
        let worker = Worker::new(&queue, until_told(tell))
            .concurrency(1)
            .lease(Duration::from_millis(300))
            .observer(observer);
        let id = push(&queue, "doomed");
        worker.start().unwrap();
        assert_eq!(told.recv_timeout(SOON).unwrap(), "started doomed");
        assert!(queue.cancel(id).unwrap());
        assert_eq!(reasons.recv_timeout(SOON).unwrap(), Reason::Lost);
        assert_eq!(told.recv_timeout(SOON).unwrap(), "lost doomed");
        assert!(worker.stop(SOON));
    });
}

#[test]
fn stopping_lets_handlers_finish_and_the_worker_may_be_started_again() {
    on_each_store("stop", |queue| {
        let (tell, reasons) = channel();
        let (observer, told) = events();
        let worker = Worker::new(&queue, until_told(tell)).concurrency(1).observer(observer);
        assert_eq!(worker.state(), WorkerState::Stopped);
        push(&queue, "first");
        push(&queue, "second");
        for payload in ["first", "second"] {
            worker.start().unwrap();
            worker.start().unwrap();
            assert_eq!(worker.state(), WorkerState::Running);
            assert_eq!(told.recv_timeout(SOON).unwrap(), format!("started {payload}"));
            assert!(worker.stop(SOON), "its handler ends when it is told");
            assert_eq!(reasons.recv_timeout(SOON).unwrap(), Reason::Stopping);
            assert_eq!(told.recv_timeout(SOON).unwrap(), format!("done {payload}"));
            assert_eq!(worker.state(), WorkerState::Stopped);
            worker.wait().unwrap();
        }
        assert!(worker.stop(SOON));
        assert_eq!(left(&queue), 0);
    });
}

#[test]
fn what_runs_beyond_the_time_to_stop_is_given_back_untried() {
    on_each_store("given back", |queue| {
        let (let_go, held) = channel::<()>();
        let held = Mutex::new(held);
        let (observer, told) = events();
        let handler = move |_: &Delivery| {
            let _ = held.lock().unwrap().recv();
        };
        let worker = Worker::new(&queue, handler).concurrency(1).observer(observer);
        push(&queue, "endless");
        worker.start().unwrap();
        assert_eq!(told.recv_timeout(SOON).unwrap(), "started endless");
        let began = Instant::now();
        assert!(!worker.stop(Duration::from_millis(50)));
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        assert_eq!(told.recv_timeout(SOON).unwrap(), "released endless");
        assert_eq!(worker.state(), WorkerState::Stopped);
        let again = queue.pop(Duration::ZERO, SOON).unwrap().unwrap();
        assert_eq!(again.tries, 1);
        // Its verdict does not count any more.
        let_go.send(()).unwrap();
        queue.mark_complete(&again.token).unwrap();
        assert_eq!(queue.stats().unwrap().dead, 0);
    });
}

#[test]
fn slots_go_to_several_queues_by_weight() {
    let small = Queue::open("memory:", "small").unwrap();
    let large = Queue::open("memory:", "large").unwrap();
    for queue in [&small, &large] {
        queue.push_many((0..400).map(|_| NewJob::new(queue.name())).collect()).unwrap();
    }
    let (tell, served) = channel();
    let tell = Mutex::new(tell);
    let handler = move |job: &Delivery| {
        let _ = tell.lock().unwrap().send(job.queue().name().to_owned());
    };
    let worker = Worker::new(&small, handler).also(&large, 3).concurrency(1);
    worker.start().unwrap();
    let served: Vec<_> = (0..200).map(|_| served.recv_timeout(SOON).unwrap()).collect();
    assert!(worker.stop(SOON));
    let share = served.iter().filter(|name| *name == "large").count();
    assert!((140..=160).contains(&share), "{share} of 200 came from the queue of weight 3");
}

#[test]
fn what_was_taken_ahead_goes_back_when_a_handler_holds_it_up() {
    on_each_store("ahead", |queue| {
        let (let_go, held) = channel::<()>();
        let held = Mutex::new(held);
        let slow = move |job: &Delivery| {
            if job.payload == b"long" {
                let _ = held.lock().unwrap().recv();
            }
        };
        let slow = Worker::new(&queue, slow).concurrency(1);
        let mut jobs: Vec<_> = (0..300).map(|_| NewJob::new("quick")).collect();
        jobs.push(NewJob::new("long"));
        jobs.extend((0..20).map(|_| NewJob::new("after")));
        queue.push_many(jobs).unwrap();
        slow.start().unwrap();
        let end = Instant::now() + SOON;
        while left(&queue) > 21 {
            assert!(Instant::now() < end, "{} are left", left(&queue));
            std::thread::sleep(Duration::from_millis(1));
        }
        let (tell, told) = channel();
        let tell = Mutex::new(tell);
        let other = Worker::new(&queue, move |job: &Delivery| {
            let _ = tell.lock().unwrap().send((job.payload.clone(), job.tries));
        });
        let other = other.concurrency(1);
        other.start().unwrap();
        for _ in 0..20 {
            assert_eq!(told.recv_timeout(SOON).unwrap(), (b"after".to_vec(), 1));
        }
        let_go.send(()).unwrap();
        assert!(slow.stop(SOON) && other.stop(SOON));
        assert_eq!(left(&queue), 0);
    });
}

#[test]
fn an_idle_queue_of_several_does_not_hold_the_others_up() {
    let idle = Queue::open("memory:", "idle").unwrap();
    let busy = Queue::open("memory:", "busy").unwrap();
    let (observer, told) = events();
    let worker = Worker::new(&idle, |_: &Delivery| ()).also(&busy, 1).concurrency(1);
    let worker = worker.observer(observer);
    worker.start().unwrap();
    for round in 0..20 {
        for queue in [&busy, &idle] {
            let payload = format!("{} {round}", queue.name());
            push(queue, &payload);
            assert_eq!(told.recv_timeout(SOON).unwrap(), format!("started {payload}"));
            assert_eq!(told.recv_timeout(SOON).unwrap(), format!("done {payload}"));
        }
    }
    assert!(worker.stop(SOON));
}

#[test]
fn a_worker_ends_with_its_queue() {
    on_each_store("closed", |queue| {
        let worker = Worker::new(&queue, |_: &Delivery| ()).concurrency(2);
        worker.start().unwrap();
        queue.close();
        assert_eq!(worker.wait().unwrap_err().code(), ErrorCode::Closed);
        assert_eq!(worker.state(), WorkerState::Stopped);
    });
}

#[test]
fn a_worker_goes_on_when_its_server_comes_back() {
    let server = RedisServer::start(&["appendonly yes"]);
    let queue = Queue::open(&server.url(), "outage").unwrap();
    let (observer, told) = events();
    let worker = Worker::new(&queue, |_: &Delivery| ()).concurrency(2).observer(observer);
    worker.start().unwrap();
    push(&queue, "before");
    assert_eq!(told.recv_timeout(SOON).unwrap(), "started before");
    assert_eq!(told.recv_timeout(SOON).unwrap(), "done before");
    server.kill();
    server.restart();
    push(&queue, "after");
    assert_eq!(told.recv_timeout(SOON).unwrap(), "started after");
    assert_eq!(told.recv_timeout(SOON).unwrap(), "done after");
    assert!(worker.stop(SOON));
}

#[test]
fn an_option_out_of_range_is_refused() {
    let queue = Queue::open("memory:", "options").unwrap();
    let make = || Worker::new(&queue, |_: &Delivery| ());
    for (worker, message) in [
        (make().concurrency(0), "concurrency 0 is out of range: accepted are 1 to 1024"),
        (make().concurrency(1_025), "concurrency 1025 is out of range: accepted are 1 to 1024"),
        (make().also(&queue, 0), "weight 0 is out of range: accepted is 1 or more"),
        (make().lease(Duration::ZERO), "lease 0 ms is out of range: a worker extends its leases"),
    ] {
        let error = worker.start().unwrap_err();
        assert_eq!((error.code(), error.message()), (ErrorCode::InvalidArgument, message));
        assert_eq!(worker.state(), WorkerState::Stopped);
    }
}

#[test]
fn failing_handlers_and_rolling_restarts_lose_nothing() {
    const JOBS: usize = 5_000;
    on_each_store("rolling", |queue| {
        let done: Arc<Mutex<HashMap<usize, usize>>> = Arc::default();
        let jobs = (0..JOBS).map(|number| {
            NewJob::new(number.to_string()).lane(format!("lane-{}", number % 50)).max_tries(-1)
        });
        queue.push_many(jobs.collect()).unwrap();
        let make = || {
            let done = Arc::clone(&done);
            let handler = move |job: &Delivery| {
                let number: usize = std::str::from_utf8(&job.payload).unwrap().parse().unwrap();
                // One in twenty fails at first.
                if number.is_multiple_of(20) && job.tries == 1 {
                    let delay = Some(Duration::from_millis(1));
                    return Verdict::Retry { error: "at first".into(), delay };
                }
                *done.lock().unwrap().entry(number).or_default() += 1;
                Verdict::done()
            };
            Worker::new(&queue, handler).concurrency(4)
        };
        let workers = [make(), make()];
        workers.iter().for_each(|worker| worker.start().unwrap());
        let end = Instant::now() + LATE;
        while left(&queue) > 0 && Instant::now() < end {
            for worker in &workers {
                assert!(worker.stop(SOON));
                worker.start().unwrap();
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        workers.iter().for_each(|worker| assert!(worker.stop(SOON)));
        let done = done.lock().unwrap();
        assert_eq!(done.len(), JOBS);
        // No handler was cut off and no worker died, so none ran twice to its end.
        assert!(done.values().all(|times| *times == 1));
        assert_eq!(queue.stats().unwrap().dead, 0);
    });
}

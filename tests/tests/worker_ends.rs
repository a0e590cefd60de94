//! Workers that stop by themselves, on the embedded store and on Redis.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fairlane::worker::{Delivery, Event};
use fairlane::{NewJob, Queue, Verdict, Worker, WorkerState};
use fairlane_tests::redis::shared_server;

const SOON: Duration = Duration::from_secs(20);

/// Queues of their own on each kind of store.
fn on_each_store(name: &str, test: impl Fn(&dyn Fn(&str) -> Queue)) {
    for url in ["memory:".to_owned(), shared_server().url()] {
        test(&|queue| Queue::open(&url, &format!("worker ends {name} {queue}")).unwrap());
    }
}

#[test]
fn after_max_jobs_no_more_begin_and_none_is_kept() {
    on_each_store("max jobs", |open| {
        let queue = open("");
        queue.push_many((0..5).map(|_| NewJob::new("")).collect()).unwrap();
        let begun = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&begun);
        let handler = move |_: &Delivery| {
            count.fetch_add(1, Ordering::SeqCst);
        };
        let worker = Worker::new(&queue, handler).concurrency(4).max_jobs(2);
        for round in 1..=2 {
            worker.start().unwrap();
            assert!(worker.wait_for(SOON));
            assert_eq!(begun.load(Ordering::SeqCst), 2 * round);
            let counts = queue.stats().unwrap().counts;
            assert_eq!((counts.ready, counts.in_flight), (5 - 2 * round as i64, 0));
        }
        // The last job is one too few: the worker waits for another.
        worker.start().unwrap();
        let end = Instant::now() + SOON;
        while queue.stats().unwrap().completed < 5 && Instant::now() < end {
            std::thread::yield_now();
        }
        assert_eq!(begun.load(Ordering::SeqCst), 5);
        assert_eq!(worker.state(), WorkerState::Running);
    });
}

#[test]
fn with_max_jobs_no_more_are_popped_than_may_begin() {
    on_each_store("popped", |open| {
        let queue = open("");
        queue.push_many((0..5).map(|_| NewJob::new("")).collect()).unwrap();
        let observed = queue.clone();
        let (tell, told) = channel();
        let tell = Mutex::new(tell);
        let handler = move |_: &Delivery| {
            tell.lock().unwrap().send(observed.stats().unwrap().counts.ready).unwrap();
        };
        let worker = Worker::new(&queue, handler).concurrency(4).max_jobs(1);
        worker.start().unwrap();
        assert_eq!(told.recv_timeout(SOON).unwrap(), 4);
        assert!(worker.wait_for(SOON));
    });
}

#[test]
fn until_empty_works_off_what_can_still_come_in_all_queues() {
    on_each_store("until empty", |open| {
        let (first, second) = (open("first"), open("second"));
        let parent = first.push(NewJob::new("fail")).unwrap();
        first.push(NewJob::new("blocked").after(parent)).unwrap();
        first.push(NewJob::new("late").delay(Duration::from_millis(200))).unwrap();
        let next = second.clone();
        let handler = move |job: &Delivery| match &job.payload[..] {
            b"fail" => Verdict::fail("for good"),
            b"late" => next.push(NewJob::new("followed")).map(drop).into(),
            _ => Verdict::done(),
        };
        let worker = Worker::new(&first, handler).also(&second, 1).concurrency(2).until_empty();
        worker.start().unwrap();
        assert!(worker.wait_for(SOON));
        worker.wait().unwrap();
        let counts = |queue: &Queue| queue.stats().unwrap().counts;
        assert_eq!((counts(&first).waiting(), counts(&first).blocked), (1, 1));
        assert_eq!((counts(&second).waiting(), second.stats().unwrap().completed), (0, 1));
    });
}

#[test]
fn a_job_whose_end_the_store_refuses_is_told_as_lost() {
    on_each_store("refused", |open| {
        let queue = open("");
        queue.push(NewJob::new("")).unwrap();
        let (tell, told) = channel();
        let tell = Mutex::new(tell);
        let observer = move |event: &Event<'_>| {
            if let Event::Lost { job } = event {
                tell.lock().unwrap().send(job.id).unwrap();
            }
        };
        let handler = |job: &Delivery| {
            job.queue().close();
            Verdict::retry("later")
        };
        let worker = Worker::new(&queue, handler).concurrency(1).observer(observer);
        worker.start().unwrap();
        assert_eq!(told.recv_timeout(SOON).unwrap().to_string(), "1");
    });
}

//! Background processors: one piece of work a key, on the embedded store and on Redis.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use fairlane::background::Event;
use fairlane::clock::ManualClock;
use fairlane::{
    BackgroundOptions, BackgroundProcessor, Durability, ErrorCode, Queue, QueueOptions,
};
use fairlane_tests::faults::server::{Answer, Order, Remote};
use fairlane_tests::redis::{Proxy, RedisServer, shared_server};
use fairlane_tests::stores::DAWN;

mod outage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fault_process");
const SOON: Duration = Duration::from_secs(20);
const HOUR: Duration = Duration::from_secs(3_600);
const NONE: Duration = Duration::ZERO;

/// A queue of its own on each kind of store, and the URL by which others reach it: none reaches one
/// in memory.
fn on_each_store(name: &str, test: impl Fn(&Queue, Option<&str>)) {
    test(&Queue::open("memory:", name).unwrap(), None);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("jobs.db");
    let url = file.to_str().unwrap();
    test(&Queue::open(url, name).unwrap(), Some(url));
    let url = shared_server().url();
    test(&Queue::open(&url, name).unwrap(), Some(&url));
}

/// Work that goes on when the test says so.
struct Gate {
    begun: Receiver<&'static str>,
    open: Sender<()>,
}

impl Gate {
    fn processor(queue: &Queue) -> (BackgroundProcessor<&'static str>, Self) {
        Self::with(queue, BackgroundOptions::default())
    }

    fn with(
        queue: &Queue,
        options: BackgroundOptions,
    ) -> (BackgroundProcessor<&'static str>, Self) {
        let (begin, begun) = channel();
        let (open, opened) = channel();
        let (begin, opened) = (Mutex::new(begin), Mutex::new(opened));
        let work = move |arg| {
            // A test that has ended waits for nothing.
            let _ = begin.lock().unwrap().send(arg);
            let _: Result<(), _> = opened.lock().unwrap().recv();
        };
        let processor = BackgroundProcessor::with_options(queue, options, work).unwrap();
        (processor, Self { begun, open })
    }

    fn await_begin(&self) -> &'static str {
        self.begun.recv_timeout(SOON).unwrap()
    }

    fn let_one_end(&self) {
        self.open.send(()).unwrap();
    }
}

/// Waits until the store knows of no work that waits or runs.
fn await_let_go(queue: &Queue) {
    let began = Instant::now();
    while queue.dump().unwrap().holds.iter().any(|hold| hold.ends_at > hold.kept_until) {
        assert!(began.elapsed() < SOON, "holds are not let go");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_key_is_taken_while_its_work_waits_and_runs_and_free_after_that() {
    on_each_store("once", |queue, _| {
        let (one, gate) = Gate::processor(queue);
        let (other, _others) = Gate::processor(queue);
        assert!(one.schedule("first", NONE, "first").unwrap());
        assert_eq!(gate.await_begin(), "first");
        assert!(one.schedule("second", NONE, "second").unwrap());
        assert_eq!(one.queue_length(), 1);
        for key in ["first", "second"] {
            assert!(!one.schedule(key, NONE, "again").unwrap(), "{key}");
            assert!(!other.schedule(key, NONE, "elsewhere").unwrap(), "{key}");
        }
        gate.let_one_end();
        assert_eq!(gate.await_begin(), "second");
        assert_eq!(one.queue_length(), 0);
        gate.let_one_end();
        await_let_go(queue);
        for key in ["first", "second"] {
            assert!(other.schedule(key, NONE, "later").unwrap(), "{key}");
        }
        assert_eq!(queue.stats().unwrap().pushed, 0, "background work is no job");
    });
}

#[test]
fn a_key_is_taken_until_its_backoff_has_passed_from_when_it_was_scheduled() {
    for url in ["memory:".to_owned(), shared_server().url()] {
        let clock = Arc::new(ManualClock::new(DAWN));
        let options = QueueOptions { clock: Arc::clone(&clock) as _, ..QueueOptions::default() };
        let queue = Queue::open_with(&url, "backoff", options).unwrap();
        // Longer than the backoff: what is left of the hold tells that it was let go.
        let options = BackgroundOptions { lease: HOUR, ..BackgroundOptions::default() };
        let (processor, gate) = Gate::with(&queue, options);
        let minute = Duration::from_secs(60);
        assert!(processor.schedule("key", minute, "first").unwrap());
        gate.await_begin();
        clock.advance(10_000);
        gate.let_one_end();
        await_let_go(&queue);
        clock.advance(49_999);
        assert!(!processor.schedule("key", minute, "early").unwrap());
        clock.advance(1);
        assert!(processor.schedule("key", minute, "due").unwrap());
        assert_eq!(gate.await_begin(), "due");
        gate.let_one_end();
    }
}

#[test]
fn work_that_ends_frees_no_key_that_another_has_taken_after_a_bump() {
    on_each_store("bump", |queue, _| {
        let (before, old) = Gate::processor(queue);
        assert!(before.schedule("key", HOUR, "before").unwrap());
        old.await_begin();
        before.bump_remote_dedup_key().unwrap();
        let (after, new) = Gate::processor(queue);
        assert!(after.schedule("key", NONE, "after").unwrap());
        new.await_begin();
        old.let_one_end();
        assert!(before.close(true, SOON));
        let (third, _gate) = Gate::processor(queue);
        assert!(!third.schedule("key", NONE, "third").unwrap());
        new.let_one_end();
        assert!(after.close(true, SOON));
        assert!(third.schedule("key", NONE, "third").unwrap());
    });
}

#[test]
fn a_bumped_key_may_be_scheduled_again_where_its_work_still_runs() {
    let queue = Queue::open("memory:", "bump").unwrap();
    let (processor, gate) = Gate::processor(&queue);
    assert!(processor.schedule("key", NONE, "before").unwrap());
    gate.await_begin();
    processor.bump_remote_dedup_key().unwrap();
    assert!(processor.schedule("key", NONE, "after").unwrap());
    assert!(!processor.schedule("key", NONE, "waits").unwrap());
    gate.let_one_end();
    assert_eq!(gate.await_begin(), "after");
    gate.let_one_end();
}

#[test]
fn keys_of_jobs_and_of_background_work_are_apart() {
    on_each_store("apart", |queue, _| {
        let key = fairlane::Key { name: "key".into(), ttl: 60_000 };
        queue.push(fairlane::NewJob { key: Some(key), ..fairlane::NewJob::new("job") }).unwrap();
        let (processor, _gate) = Gate::processor(queue);
        assert!(processor.schedule("key", HOUR, "work").unwrap());
        queue.bump_keys().unwrap();
        let (other, _others) = Gate::processor(queue);
        assert!(!other.schedule("key", HOUR, "work").unwrap());
    });
}

#[test]
fn work_that_fails_or_panics_hinders_no_other() {
    let queue = Queue::open("memory:", "failures").unwrap();
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let observer = move |event: &Event<'_>| {
        let line = match event {
            Event::Started { key } => format!("started {key}"),
            Event::Done { key, .. } => format!("done {key}"),
            Event::Failed { key, error, .. } => format!("failed {key}: {error}"),
            other => format!("{other:?}"),
        };
        tell.lock().unwrap().send(line).unwrap();
        panic!("observers may be broken too");
    };
    let options =
        BackgroundOptions { observer: Some(Arc::new(observer)), ..BackgroundOptions::default() };
    let work = |arg: &str| match arg {
        "panic" => panic!("no way"),
        "fail" => Err("not now"),
        _ => Ok(()),
    };
    let processor = BackgroundProcessor::with_options(&queue, options, work).unwrap();
    for arg in ["panic", "fail", "fine"] {
        assert!(processor.schedule(arg, NONE, arg).unwrap());
    }
    assert!(processor.close(true, SOON));
    assert_eq!(
        told.try_iter().collect::<Vec<_>>(),
        [
            "started panic",
            "failed panic: function panicked: no way",
            "started fail",
            "failed fail: not now",
            "started fine",
            "done fine",
        ]
    );
    assert!(queue.dump().unwrap().holds.is_empty());
}

#[test]
fn closing_drains_or_drops() {
    on_each_store("close", |queue, _| {
        let (drained, gate) = Gate::processor(queue);
        for key in ["one", "two", "three"] {
            assert!(drained.schedule(key, NONE, key).unwrap());
            gate.let_one_end();
        }
        assert!(drained.close(true, SOON));
        assert_eq!(gate.begun.try_iter().collect::<Vec<_>>(), ["one", "two", "three"]);

        let (dropped, gate) = Gate::processor(queue);
        for key in ["one", "two", "three"] {
            assert!(dropped.schedule(key, HOUR, key).unwrap());
        }
        gate.await_begin();
        assert!(!dropped.close(false, NONE), "work still runs");
        assert_eq!(dropped.queue_length(), 0);
        let closed = dropped.schedule("four", NONE, "four").unwrap_err();
        assert_eq!(closed.code(), ErrorCode::Closed);
        gate.let_one_end();
        assert!(dropped.close(false, SOON));
        assert_eq!(gate.begun.recv_timeout(NONE), Err(RecvTimeoutError::Timeout));

        let (next, _gate) = Gate::processor(queue);
        assert!(!next.schedule("one", NONE, "one").unwrap(), "it was done, its backoff holds");
        for key in ["two", "three"] {
            assert!(next.schedule(key, NONE, key).unwrap(), "{key} was not done");
        }
    });
}

#[test]
fn draining_ends_when_patience_does() {
    let queue = Queue::open("memory:", "patience").unwrap();
    let (processor, gate) = Gate::processor(&queue);
    for key in ["runs", "waits"] {
        assert!(processor.schedule(key, HOUR, key).unwrap());
    }
    gate.await_begin();
    let began = Instant::now();
    assert!(!processor.close(true, Duration::from_millis(50)));
    assert!(began.elapsed() < Duration::from_secs(5));
    let keys: Vec<_> = queue.dump().unwrap().holds.into_iter().map(|hold| hold.key).collect();
    assert_eq!(keys, ["runs"]);
    gate.let_one_end();
}

#[test]
fn more_keys_than_one_call_takes_are_kept_and_freed() {
    const KEYS: usize = 2_500;
    const LEASE: Duration = Duration::from_secs(4);
    let queue = Queue::open("memory:", "many").unwrap();
    let options = BackgroundOptions { lease: LEASE, ..BackgroundOptions::default() };
    let (processor, gate) = Gate::with(&queue, options);
    for number in 0..KEYS {
        assert!(processor.schedule(&number.to_string(), NONE, "work").unwrap());
    }
    gate.await_begin();
    std::thread::sleep(LEASE);
    assert_eq!(queue.dump().unwrap().holds.len(), KEYS);
    assert!(!processor.close(false, NONE));
    let keys: Vec<_> = queue.dump().unwrap().holds.into_iter().map(|hold| hold.key).collect();
    assert_eq!(keys, ["0"]);
    gate.let_one_end();
}

#[test]
fn as_many_calls_run_at_once_as_allowed() {
    const CONCURRENCY: usize = 4;
    let queue = Queue::open("memory:", "concurrency").unwrap();
    let options = BackgroundOptions { concurrency: CONCURRENCY, ..BackgroundOptions::default() };
    // All of them must be there at once for any to go on.
    let meeting = Barrier::new(CONCURRENCY);
    let meet = move |()| {
        meeting.wait();
    };
    let processor = BackgroundProcessor::with_options(&queue, options, meet).unwrap();
    for number in 0..2 * CONCURRENCY {
        assert!(processor.schedule(&number.to_string(), NONE, ()).unwrap());
    }
    assert!(processor.close(true, SOON));
}

#[test]
fn a_pause_keeps_calls_apart() {
    const PAUSE: Duration = Duration::from_millis(40);
    let queue = Queue::open("memory:", "pause").unwrap();
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let options = BackgroundOptions { pause: PAUSE, ..BackgroundOptions::default() };
    let work = move |()| tell.lock().unwrap().send(Instant::now());
    let processor = BackgroundProcessor::with_options(&queue, options, work).unwrap();
    for key in ["one", "two", "three"] {
        assert!(processor.schedule(key, NONE, ()).unwrap());
    }
    assert!(processor.close(true, SOON));
    let times: Vec<_> = told.try_iter().collect();
    assert_eq!(times.len(), 3);
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= PAUSE), "{times:?}");
}

#[test]
fn of_callers_that_schedule_one_key_at_once_one_is_told_true() {
    on_each_store("callers", |queue, _| {
        let (processor, gate) = Gate::processor(queue);
        let start = Barrier::new(8);
        let scheduled = std::thread::scope(|scope| {
            let schedule = || {
                start.wait();
                processor.schedule("key", NONE, "work").unwrap()
            };
            let callers: Vec<_> = (0..8).map(|_| scope.spawn(schedule)).collect();
            callers.into_iter().map(|each| each.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(scheduled.iter().filter(|is_true| **is_true).count(), 1);
        gate.let_one_end();
    });
}

#[test]
fn a_lost_reply_takes_no_key_from_its_own_caller() {
    let server = RedisServer::start(&[]);
    let proxy = Proxy::to(server.port());
    let (processor, gate) = Gate::processor(&Queue::open(&proxy.url(), "lost").unwrap());
    assert!(processor.schedule("first", NONE, "first").unwrap());
    gate.let_one_end();
    proxy.lose_replies(1);
    assert!(processor.schedule("second", NONE, "second").unwrap());
    assert_eq!(proxy.left_to_lose(), 0);
    gate.let_one_end();
    let (other, _gate) = Gate::processor(&Queue::open(&server.url(), "lost").unwrap());
    assert!(processor.close(true, SOON));
    assert!(other.schedule("second", NONE, "second").unwrap());
}

#[test]
fn the_key_of_a_killed_process_comes_free_after_its_lease_and_not_before() {
    const LEASE: Duration = Duration::from_secs(3);
    on_each_store("killed", |queue, url| {
        let Some(url) = url else { return };
        let start = || Remote::start(PROGRAM, Path::new(url), queue.name(), Durability::Normal);
        let order = Order::Schedule { key: "key".into(), remote_backoff: NONE, lease: LEASE };
        let (mut one, mut other) = (start(), start());
        assert_eq!(one.ask(&order), Answer::Scheduled(true));
        assert_eq!(other.ask(&order), Answer::Scheduled(false));
        // Longer than a lease: it is kept.
        std::thread::sleep(LEASE * 6 / 5);
        assert_eq!(other.ask(&order), Answer::Scheduled(false));
        one.process.kill();
        let killed_at = Instant::now();
        while other.ask(&order) == Answer::Scheduled(false) {
            std::thread::sleep(Duration::from_millis(10));
        }
        let free_after = killed_at.elapsed();
        assert!(free_after < LEASE + Duration::from_secs(2), "{free_after:?}");
    });
}

#[test]
fn options_out_of_range_are_refused_by_name() {
    let queue = Queue::open("memory:", "options").unwrap();
    let of = BackgroundOptions::default;
    for (options, message) in [
        (
            BackgroundOptions { concurrency: 0, ..of() },
            "concurrency 0 is out of range: accepted are 1 to 1024",
        ),
        (
            BackgroundOptions { lease: NONE, ..of() },
            "lease 0 ms is out of range: accepted is 1 ms or more",
        ),
    ] {
        let error = BackgroundProcessor::with_options(&queue, options, |()| ()).unwrap_err();
        assert_eq!((error.code(), error.message()), (ErrorCode::InvalidArgument, message));
    }
    let processor = BackgroundProcessor::new(&queue, |()| ());
    let error = processor.schedule("", NONE, ()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    let error = processor.schedule("key", HOUR * 24 * 365 * 11, ()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    assert!(processor.schedule("key", HOUR, ()).unwrap(), "a refused call has claimed nothing");
}

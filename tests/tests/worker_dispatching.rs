//! Workers whose handlers run elsewhere: on the embedded store and on Redis, with the system's clock.

use std::sync::mpsc::{Receiver as Told, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fairlane::worker::{Assignment, Delivery, Event, Reason, Receiver};
use fairlane::{
    BackoffPolicy, ErrorCode, JobState, LimitsChange, NewJob, Queue, Verdict, Worker, WorkerState,
};
use fairlane_tests::redis::shared_server;

const SOON: Duration = Duration::from_secs(20);

/// A queue of its own on each kind of store.
fn on_each_store(name: &str, test: impl Fn(Queue)) {
    test(Queue::open("memory:", name).unwrap());
    test(Queue::open(&shared_server().url(), &format!("dispatching {name}")).unwrap());
}

/// What a receiver is told.
enum Call {
    Deliver(Vec<Assignment>),
    Raised(u64, Reason),
    Ended,
}

/// Hands on what it is told, so that the test is the handler.
struct Desk(Mutex<Sender<Call>>);

impl Desk {
    fn tell(&self, call: Call) {
        // The test may have ended already.
        let _ = self.0.lock().unwrap().send(call);
    }
}

impl Receiver for Desk {
    fn deliver(&self, assignments: Vec<Assignment>) {
        self.tell(Call::Deliver(assignments));
    }

    fn raised(&self, delivery: &Delivery, reason: Reason) {
        self.tell(Call::Raised(delivery.number(), reason));
    }

    fn ended(&self) {
        self.tell(Call::Ended);
    }
}

/// Makes a worker, and gives what its receiver and its observer are told.
fn employ(queue: &Queue) -> (Worker, Told<Call>, Told<String>) {
    let ((calls, called), (events, told)) = (channel(), channel::<String>());
    let events = Mutex::new(events);
    let worker =
        Worker::dispatching(queue, Arc::new(Desk(Mutex::new(calls)))).observer(move |event| {
            let text = |job: &fairlane::Job| String::from_utf8_lossy(&job.payload).into_owned();
            let line = match event {
                Event::Done { job, .. } => format!("done {}", text(job)),
                Event::Failed { job, error, .. } => format!("failed {}: {error}", text(job)),
                Event::Dead { job, error, .. } => format!("dead {}: {error}", text(job)),
                Event::Released { job } => format!("released {}", text(job)),
                Event::Trouble { error, .. } => format!("trouble {}", error.code().name()),
                _ => return,
            };
            // The test may have ended already.
            let _ = events.lock().unwrap().send(line);
        });
    (worker, called, told)
}

/// Gives so many deliveries, however they are dealt out.
fn deliveries(called: &Told<Call>, count: usize) -> Vec<Assignment> {
    let mut all = Vec::new();
    while all.len() < count {
        if let Call::Deliver(some) = called.recv_timeout(SOON).unwrap() {
            all.extend(some);
        }
    }
    all
}

#[test]
fn what_is_said_ends_the_deliveries() {
    on_each_store("verdicts", |queue| {
        let payloads = ["done", "drop", "fail", "follow", "release", "retry"];
        let hour = Duration::from_secs(3_600);
        // What is dropped must not come again while the others end.
        let backoff = BackoffPolicy { min: 3_600_000, max: 3_600_000, factor: 1.0, jitter: false };
        let jobs = payloads.map(|payload| NewJob::new(payload).backoff(backoff));
        queue.push_many(jobs.into()).unwrap();
        let (worker, called, told) = employ(&queue);
        let worker = worker.concurrency(payloads.len());
        worker.start().unwrap();
        for one in deliveries(&called, payloads.len()) {
            let verdict = match &one.payload[..] {
                b"fail" => Verdict::fail("never again"),
                b"follow" => Verdict::Done { then: vec![NewJob::new("next")], result: None },
                b"release" => Verdict::Release { delay: hour },
                b"retry" => Verdict::Retry { error: "not now".into(), delay: Some(hour) },
                b"drop" => continue,
                _ => Verdict::done(),
            };
            one.end(verdict);
        }
        deliveries(&called, 1).remove(0).end(Verdict::done());
        let mut seen: Vec<_> = (0..7).map(|_| told.recv_timeout(SOON).unwrap()).collect();
        seen.sort();
        assert_eq!(
            seen,
            [
                "dead fail: never again",
                "done done",
                "done follow",
                "done next",
                "failed drop: handler did not say how it ended",
                "failed retry: not now",
                "released release",
            ]
        );
        assert!(worker.stop(SOON));
    });
}

#[test]
fn no_more_is_dealt_out_than_there_are_slots() {
    on_each_store("slots", |queue| {
        queue.push_many((0..10).map(|_| NewJob::new("")).collect()).unwrap();
        let (worker, called, told) = employ(&queue);
        let worker = worker.concurrency(4);
        worker.start().unwrap();
        let mut held = deliveries(&called, 4);
        for _ in 0..6 {
            // Nothing comes before one has ended, and one comes after.
            assert!(called.try_recv().is_err());
            held.remove(0).end(Verdict::done());
            held.extend(deliveries(&called, 1));
            assert_eq!(told.recv_timeout(SOON).unwrap(), "done ");
        }
        held.into_iter().for_each(|one| one.end(Verdict::done()));
        assert!(worker.stop(SOON));
        assert_eq!(queue.size(None).unwrap(), 0);
    });
}

#[test]
fn an_end_that_finds_no_room_is_tried_again_and_holds_up_no_other() {
    on_each_store("hindered", |queue| {
        let limits = LimitsChange { max_waiting: Some(1), ..LimitsChange::default() };
        queue.set_limits(Some("full"), limits).unwrap();
        let delay = Duration::from_secs(3_600);
        let stopper = queue.push(NewJob::new("stopper").lane("full").delay(delay)).unwrap();
        queue.push_many(["first", "second"].map(NewJob::new).into()).unwrap();
        let (worker, called, told) = employ(&queue);
        let worker = worker.concurrency(2);
        worker.start().unwrap();
        let mut held = deliveries(&called, 2).into_iter();
        let (first, second) = (held.next().unwrap(), held.next().unwrap());
        let then = vec![NewJob::new("next").lane("full").delay(delay)];
        first.end(Verdict::Done { then, result: None });
        assert_eq!(told.recv_timeout(SOON).unwrap(), "trouble QueueFull");
        second.end(Verdict::done());
        let lines = || std::iter::repeat_with(|| told.recv_timeout(SOON).unwrap());
        let next = || lines().find(|line| !line.starts_with("trouble")).unwrap();
        assert_eq!(next(), "done second");
        queue.cancel(stopper).unwrap();
        assert_eq!(next(), "done first");
        assert!(worker.stop(SOON));
    });
}

#[test]
fn a_worker_that_is_abandoned_leaves_lapses() {
    on_each_store("abandoned", |queue| {
        let id = queue.push(NewJob::new("runs")).unwrap();
        let (worker, called, _told) = employ(&queue);
        worker.start().unwrap();
        let held = deliveries(&called, 1);
        assert!(!worker.abandon());
        assert_eq!(worker.state(), WorkerState::Stopped);
        let next = || called.recv_timeout(SOON).unwrap();
        assert!(
            matches!(next(), Call::Raised(number, Reason::Stopping) if number == held[0].number())
        );
        assert!(matches!(next(), Call::Ended));
        let again = queue.pop(SOON, SOON).unwrap().unwrap();
        assert_eq!((again.id, again.tries, again.lapses), (id, 2, 1));
        // What is said now counts no more.
        held.into_iter().for_each(|one| one.end(Verdict::done()));
        assert_eq!(queue.get(id).unwrap().unwrap().state, JobState::Leased);
        queue.mark_complete(&again.token).unwrap();
    });
}

#[test]
fn a_worker_tells_why_it_ended_by_itself() {
    let queue = Queue::open("memory:", "closed").unwrap();
    let (worker, called, _told) = employ(&queue);
    worker.start().unwrap();
    assert_eq!(worker.failure(), None);
    queue.close();
    assert!(matches!(called.recv_timeout(SOON).unwrap(), Call::Ended));
    assert_eq!(worker.failure().unwrap().code(), ErrorCode::Closed);
}

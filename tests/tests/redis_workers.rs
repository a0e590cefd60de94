//! Workers that wait for a queue on a real Redis server: who is woken, when, and what it costs.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use fairlane::{Durability, NewJob, Queue, Rate};
use fairlane_tests::faults::ledger::moment;
use fairlane_tests::faults::server::{Answer, Order, Remote};
use fairlane_tests::redis::{RedisServer, await_that};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fault_process");
const HOUR: Duration = Duration::from_secs(3600);
const WAIT: Order = Order::Pop { wait: HOUR, lease: HOUR };
/// How long a start may take to come; far longer than it does, so that only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Handles and the threads that wait on each of them.
const HANDLES: usize = 10;
const THREADS: usize = 100;

fn open(server: &RedisServer) -> Queue {
    Queue::open(&server.url(), "work").unwrap()
}

fn serve(server: &RedisServer) -> Remote {
    Remote::start(PROGRAM, Path::new(&server.url()), "work", Durability::Full)
}

/// Counts what workers and producers have sent; scripts send none of these.
fn sent(server: &RedisServer) -> u64 {
    ["evalsha", "bzpopmin", "client|unblock"].iter().map(|name| server.calls_of(name)).sum()
}

/// Ends the waits of a test's threads when the test ends, however it does.
struct Close<'a>(&'a [Queue]);

impl Drop for Close<'_> {
    fn drop(&mut self) {
        self.0.iter().for_each(Queue::close);
    }
}

/// Runs `test` while a thousand workers wait; it learns when each job is started.
fn with_a_thousand_workers(test: impl FnOnce(&RedisServer, &Queue, Receiver<Instant>)) {
    let server = RedisServer::start(&[]);
    let queues: Vec<Queue> = (0..HANDLES).map(|_| open(&server)).collect();
    let (started, starts) = channel();
    thread::scope(|scope| {
        let _close = Close(&queues);
        for queue in &queues {
            for _ in 0..THREADS {
                let started = started.clone();
                let work = move || {
                    while let Ok(job) = queue.pop(HOUR, HOUR) {
                        // The test may have ended already.
                        let _ = started.send(Instant::now());
                        queue.mark_complete(&job.expect("a job").token).unwrap();
                    }
                };
                thread::Builder::new().stack_size(1 << 18).spawn_scoped(scope, work).unwrap();
            }
        }
        server.await_blocked(HANDLES * THREADS);
        test(&server, &open(&server), starts);
    });
}

#[test]
fn a_push_wakes_one_of_a_thousand_workers() {
    with_a_thousand_workers(|server, queue, starts| {
        queue.stats().unwrap();
        let sent_by_a_push = || {
            let before = sent(server);
            queue.push(NewJob::new("")).unwrap();
            starts.recv_timeout(PATIENCE).unwrap();
            server.await_blocked(HANDLES * THREADS);
            sent(server) - before
        };
        // The fewest of ten: each worker looks every five seconds, and some do meanwhile.
        let sent = (0..10).map(|_| sent_by_a_push()).min().unwrap();
        println!("a push to a thousand workers: {sent} commands");
        // The push; the pop and what its worker then does; and another who looks after the lease.
        assert!(sent <= 15, "{sent}");
    });
}

#[test]
fn each_of_many_jobs_wakes_a_worker_at_once() {
    const JOBS: usize = 1_000;
    with_a_thousand_workers(|server, queue, starts| {
        let (before, began) = (sent(server), Instant::now());
        let mut times: Vec<Duration> = (0..JOBS)
            .map(|_| {
                let pushed = Instant::now();
                queue.push(NewJob::new("")).unwrap();
                starts.recv_timeout(PATIENCE).unwrap() - pushed
            })
            .collect();
        server.await_blocked(HANDLES * THREADS);
        let sent = (sent(server) - before) as f64 / JOBS as f64;
        // Every five seconds each worker looks and waits again.
        let looks = began.elapsed().as_secs_f64() / 5.0 * (HANDLES * THREADS) as f64;
        let sent_by_looks = 2.0 * looks / JOBS as f64;
        times.sort_unstable();
        println!(
            "push to start: {:?} (p50), {:?} (p99), {:?} (longest); {sent} commands a job",
            times[JOBS / 2],
            times[JOBS * 99 / 100],
            times[JOBS - 1]
        );
        assert!(times[JOBS / 2] < Duration::from_millis(50), "{:?}", times[JOBS / 2]);
        assert!(times[JOBS - 1] < BLOCK, "{:?}", times[JOBS - 1]);
        assert!(sent < 15.0 + sent_by_looks, "{sent}, of which {sent_by_looks} by looks");
    });
}

/// After how long a worker looks that nobody calls, less what a busy machine may add.
const BLOCK: Duration = Duration::from_secs(4);

/// How long something takes to come due: longer than it usually takes until all processes wait.
const SOON: Duration = Duration::from_millis(800);

fn in_nanoseconds(wait: Duration) -> u64 {
    wait.as_nanos() as u64
}

/// What is going to be due in a queue: when at the earliest, and the process whose death matters to it,
/// if any.
type Due = (u64, Option<Remote>);

/// Lets a job come due while processes wait, time after time. `begin` prepares it, `meanwhile`
/// happens when all processes wait; the last of them starts the job within 100 ms, but for some
/// times on a machine that does something else. What comes due before all wait does not count.
fn starts_on_time(
    workers: usize,
    begin: impl Fn(&RedisServer, &Queue) -> Due,
    meanwhile: impl Fn(&Queue, &mut Vec<Remote>, Option<Remote>),
) {
    let late = || {
        let server = RedisServer::start(&[]);
        let queue = open(&server);
        let mut crew: Vec<Remote> = (0..workers).map(|_| serve(&server)).collect();
        let (due, other) = begin(&server, &queue);
        for (number, worker) in crew.iter_mut().enumerate() {
            worker.send(&WAIT);
            let waits = || server.blocked() > number || moment() >= due;
            await_that("all processes wait", waits);
        }
        meanwhile(&queue, &mut crew, other);
        if moment() >= due {
            return None;
        }
        let (at, answer) = crew.last_mut().unwrap().receive();
        assert_eq!(answer, Answer::Popped(Some("due".into())));
        Some(Duration::from_nanos(at.saturating_sub(due)))
    };
    let (mut times, mut on_time) = (Vec::new(), 0);
    for late in (0..30).filter_map(|_| late()).take(9) {
        times.push(late);
        on_time += usize::from(late < Duration::from_millis(100));
        if on_time == 3 {
            break;
        }
    }
    println!("late by {times:?}");
    assert_eq!(on_time, 3, "late by {times:?}");
}

fn delayed(_: &RedisServer, queue: &Queue) -> Due {
    let due = moment() + in_nanoseconds(SOON);
    queue.push(NewJob::new("due").delay(SOON)).unwrap();
    (due, None)
}

#[test]
fn a_delayed_job_starts_when_it_is_due() {
    starts_on_time(1, delayed, |_, _, _| ());
}

#[test]
fn a_job_that_is_delayed_while_workers_wait_starts_when_it_is_due() {
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    let mut worker = serve(&server);
    worker.send(&WAIT);
    server.await_blocked(1);
    queue.push(NewJob::new("due").delay(SOON)).unwrap();
    let due = moment() + in_nanoseconds(SOON);
    let late = Duration::from_nanos(worker.receive().0.saturating_sub(due));
    println!("late by {late:?}");
    // Without a call it would look after five seconds of waiting.
    assert!(late < BLOCK - SOON, "{late:?}");
}

#[test]
fn a_lane_goes_on_when_its_rate_allows() {
    let begin = |_: &RedisServer, queue: &Queue| {
        let rate = Rate { count: 1, window: SOON.as_millis() as i64 };
        let jobs = ["first", "due"].map(|text| NewJob::new(text).lane("rated").rate(rate));
        queue.push_many(jobs.to_vec()).unwrap();
        let due = moment() + in_nanoseconds(SOON);
        queue.pop(Duration::ZERO, HOUR).unwrap().expect("the first");
        (due, None)
    };
    starts_on_time(1, begin, |_, _, _| ());
}

#[test]
fn the_job_of_a_killed_worker_starts_again_when_its_lease_ends() {
    let begin = |server: &RedisServer, queue: &Queue| {
        queue.push(NewJob::new("due")).unwrap();
        let mut worker = serve(server);
        let order = Order::Pop { wait: Duration::ZERO, lease: SOON };
        let due = moment() + in_nanoseconds(SOON);
        assert_eq!(worker.ask(&order), Answer::Popped(Some("due".into())));
        (due, Some(worker))
    };
    starts_on_time(1, begin, |_, _, worker| assert!(worker.unwrap().process.kill()));
}

/// The first of those that wait is the first to be told to look again, and the first to be rung.
#[test]
fn a_due_job_starts_on_time_though_who_was_to_look_is_killed() {
    starts_on_time(2, delayed, |_, crew, _| assert!(crew[0].process.kill()));
}

#[test]
fn a_due_job_starts_on_time_though_who_was_to_look_is_frozen() {
    starts_on_time(2, delayed, |_, crew, _| crew[0].process.freeze());
}

#[test]
fn a_due_job_starts_on_time_though_who_was_to_look_is_busy() {
    starts_on_time(2, delayed, |queue, crew, _| {
        queue.push(NewJob::new("long")).unwrap();
        crew[0].receive();
    });
}

/// A worker that stops to wait tells another, of another process or of its own.
#[test]
fn a_due_job_starts_on_time_though_who_was_to_look_has_left() {
    // Longer, since this is done once: who is to leave must have left before.
    const DELAY: Duration = Duration::from_secs(3);
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    queue.push(NewJob::new("due").delay(DELAY)).unwrap();
    let due = moment() + in_nanoseconds(DELAY);
    thread::scope(|scope| {
        let leaving = scope.spawn(|| queue.pop(SOON / 2, HOUR).unwrap());
        server.await_blocked(1);
        let staying = scope.spawn(|| {
            let job = queue.pop(PATIENCE, HOUR).unwrap().expect("the job");
            (job, moment())
        });
        assert_eq!(leaving.join().unwrap(), None);
        let late = Duration::from_nanos(staying.join().unwrap().1.saturating_sub(due));
        println!("late by {late:?}");
        assert!(late < Duration::from_millis(1_500), "{late:?}");
    });
}

/// However often a host wants to be asked whether it was interrupted.
#[test]
fn an_idle_worker_sends_less_than_a_command_a_second() {
    const SECONDS: u64 = 10;
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    queue.push(NewJob::new("").delay(HOUR)).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let check = &mut || Ok::<(), fairlane::Error>(());
            queue.pop_checked(1, HOUR, HOUR, Duration::from_millis(50), check)
        });
        server.await_blocked(1);
        let before = sent(&server);
        thread::sleep(Duration::from_secs(SECONDS));
        let sent = sent(&server) - before;
        println!("an idle worker: {sent} commands in {SECONDS} s");
        // First, since the worker would wait on if the check failed.
        queue.close();
        assert!(waiting.join().unwrap().is_err());
        assert!(sent <= SECONDS, "{sent}");
    });
}

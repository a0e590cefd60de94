//! Repairs of a queue at work.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fairlane::{LimitsChange, NewJob, Queue};
use fairlane_tests::invariants;
use fairlane_tests::redis::RedisServer;
use fairlane_tests::stop::Stop;

use crate::{MINUTE, NOW, TOOLS, none};

/// Producers and workers that push, pop, release, retry and complete until they are told to stop.
struct Crew<'a> {
    queue: &'a Queue,
    is_over: AtomicBool,
    pushed: AtomicU64,
    done: AtomicU64,
    in_flight: AtomicI64,
}

impl<'a> Crew<'a> {
    const CAP: i64 = 2;

    fn of(queue: &'a Queue) -> Self {
        let cap = LimitsChange { max_in_flight: Some(Self::CAP), ..none() };
        queue.set_limits(Some("capped"), cap).unwrap();
        Self {
            queue,
            is_over: AtomicBool::new(false),
            pushed: AtomicU64::new(0),
            done: AtomicU64::new(0),
            in_flight: AtomicI64::new(0),
        }
    }

    /// Keeps the queue at work while `act` runs, then works it off; no job may be lost.
    fn works_while(&self, act: impl FnOnce()) {
        std::thread::scope(|scope| {
            let _stop = Stop(&self.is_over);
            for producer in 0..2 {
                scope.spawn(move || self.produce(producer));
            }
            for _ in 0..3 {
                scope.spawn(|| self.work());
            }
            act();
        });
        assert_eq!(self.done.load(Ordering::Relaxed), self.pushed.load(Ordering::Relaxed));
        invariants::check(&self.queue.dump().unwrap()).unwrap();
    }

    fn produce(&self, producer: usize) {
        for nth in 0_u64.. {
            if self.is_over.load(Ordering::Relaxed) {
                break;
            }
            let lane = ["a", "b", "capped"][(nth % 3) as usize];
            let job = NewJob::new("").lane(lane).priority((nth % 4) as i64);
            let job = match nth % 7 {
                0 => job.delay(Duration::from_millis(20)),
                1 => job.key(format!("{producer} {nth}"), NOW),
                _ => job,
            };
            let new = self.queue.push_many(vec![job; 1 + (nth % 3) as usize]).unwrap();
            let new = new.iter().filter(|pushed| pushed.is_new).count();
            self.pushed.fetch_add(new as u64, Ordering::Relaxed);
        }
    }

    fn work(&self) {
        let mut nth = 0;
        loop {
            let jobs = self.queue.pop_many(4, Duration::from_millis(50), MINUTE).unwrap();
            if jobs.is_empty() && self.is_over.load(Ordering::Relaxed) {
                let counts = self.queue.stats().unwrap().counts;
                if counts.waiting() + counts.in_flight == 0 {
                    break;
                }
            }
            let capped = jobs.iter().filter(|job| job.lane == "capped").count() as i64;
            let in_flight = self.in_flight.fetch_add(capped, Ordering::SeqCst) + capped;
            assert!(in_flight <= Self::CAP, "{in_flight} of the capped lane are in flight");
            for job in &jobs {
                nth += 1;
                if job.lane == "capped" {
                    self.in_flight.fetch_sub(1, Ordering::SeqCst);
                }
                match nth % 11 {
                    0 => self.queue.release(&job.token, NOW).unwrap(),
                    1 => self.queue.retry(&job.token, "again", Some(NOW)).unwrap(),
                    _ => {
                        self.queue.mark_complete(&job.token).unwrap();
                        self.done.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        }
    }
}

/// What is at work is in order at every moment, so a repair finds nothing, however often it looks.
#[test]
fn a_queue_at_work_is_in_order() {
    let server = RedisServer::start(&[]);
    let queue = Queue::open(&server.url(), "busy").unwrap();
    Crew::of(&queue).works_while(|| {
        for _ in 0..30 {
            let repaired = queue.repair().unwrap();
            assert!(repaired.is_sound(), "{repaired:?}");
        }
    });
}

#[test]
fn a_queue_at_work_is_mended() {
    let server = RedisServer::start(&[]);
    let queue = Queue::open(&server.url(), "busy").unwrap();
    let damages = [
        "call('DEL', rows .. ':ready')",
        "change_lane('a', function(lane) lane[6] = lane[6] + 5 end)",
        "change_lane('capped', function(lane) lane[6] = lane[6] + 5 end)",
        "change_queue(function(queue) queue[7] = queue[7] + 9 queue[12] = 0 end)",
        "call('RPUSH', rows .. ':w1:b', 99999999, 'nothing')",
        "call('DEL', rows .. ':names')",
    ];
    Crew::of(&queue).works_while(|| {
        // The rows that are damaged must be there first.
        let end = Instant::now() + MINUTE;
        while queue.stats().unwrap().completed < 100 {
            assert!(Instant::now() < end, "nothing is completed");
        }
        for damage in damages {
            let text = format!(
                "{TOOLS} if call('HEXISTS', rows, 'la') + call('HEXISTS', rows, 'lcapped') == 2 then
                    {damage}
                end"
            );
            server.command::<()>(&["EVAL", &text, "1", "{fairlane:busy}"]);
            queue.repair().unwrap();
        }
    });
    let repaired = queue.repair().unwrap();
    assert!(repaired.is_sound(), "{repaired:?}");
}

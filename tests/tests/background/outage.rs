//! Stores that cannot serve for a while: what is scheduled then, and what becomes of its keys.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fairlane::background::Event;
use fairlane::{BackgroundOptions, BackgroundProcessor, Queue, QueueOptions};
use fairlane_tests::redis::RedisServer;

use super::{Gate, HOUR, NONE, SOON, await_let_go};

/// Short, so that an outage is found to be over soon, and longer than a machine stands still.
const LEASE: Duration = Duration::from_secs(3);

/// A store that can be made not to serve.
enum Place {
    Server(RedisServer),
    /// A file, and who keeps others from writing it.
    File(tempfile::TempDir, rusqlite::Connection),
}

impl Place {
    fn each(test: impl Fn(&Self)) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("jobs.db");
        Queue::open(file.to_str().unwrap(), "outage").unwrap();
        let connection = rusqlite::Connection::open(&file).unwrap();
        test(&Self::File(directory, connection));
        test(&Self::Server(RedisServer::start(&[])));
    }

    /// Opens the queue for who has to do with the outage, and soon gives up.
    fn open(&self) -> Queue {
        self.open_with(Duration::from_millis(100))
    }

    /// Opens the queue for who is there before and after the outage.
    fn open_patient(&self) -> Queue {
        self.open_with(SOON)
    }

    fn open_with(&self, busy_timeout: Duration) -> Queue {
        let url = match self {
            Self::Server(server) => server.url(),
            Self::File(directory, _) => directory.path().join("jobs.db").display().to_string(),
        };
        let options = QueueOptions { busy_timeout, ..QueueOptions::default() };
        Queue::open_with(&url, "outage", options).unwrap()
    }

    fn close(&self) {
        match self {
            Self::Server(server) => server.kill(),
            Self::File(_, connection) => connection.execute_batch("BEGIN IMMEDIATE").unwrap(),
        }
    }

    fn reopen(&self) {
        match self {
            Self::Server(server) => server.restart(),
            Self::File(_, connection) => connection.execute_batch("ROLLBACK").unwrap(),
        }
    }
}

/// A processor whose lost keys are told.
fn processor(queue: &Queue) -> (BackgroundProcessor<&'static str>, Gate, Receiver<String>) {
    let (tell, lost) = channel();
    let tell = Mutex::new(tell);
    let observer = move |event: &Event<'_>| {
        if let Event::Lost { key } = event {
            // A test that has ended wants to know nothing.
            let _ = tell.lock().unwrap().send((*key).to_owned());
        }
    };
    let options = BackgroundOptions {
        lease: LEASE,
        observer: Some(Arc::new(observer)),
        ..BackgroundOptions::default()
    };
    let (processor, gate) = Gate::with(queue, options);
    (processor, gate, lost)
}

/// Waits until the store knows a key to be held; a store that is just back may not answer yet.
fn await_held(queue: &Queue, key: &str) {
    let began = Instant::now();
    let is_held = || {
        let held = |dump: fairlane::store::Dump| dump.holds.iter().any(|hold| hold.key == key);
        queue.dump().is_ok_and(held)
    };
    while !is_held() {
        assert!(began.elapsed() < SOON, "{key} is not held");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn while_the_store_is_away_work_goes_on_or_is_refused_as_the_options_say() {
    let server = RedisServer::start(&[]);
    let open = || {
        let busy_timeout = Duration::from_secs(1);
        let options = QueueOptions { busy_timeout, ..QueueOptions::default() };
        Queue::open_with(&server.url(), "away", options).unwrap()
    };
    let (opened, gate) = Gate::processor(&open());
    let refuse = BackgroundOptions { fail_open: false, ..BackgroundOptions::default() };
    let (closed, _gate) = Gate::with(&open(), refuse);
    assert!(opened.schedule("runs", NONE, "runs").unwrap());
    gate.await_begin();
    server.kill();
    assert!(opened.schedule("waits", NONE, "waits").unwrap());
    for key in ["runs", "waits"] {
        assert!(!opened.schedule(key, NONE, "again").unwrap(), "{key}");
    }
    let refused = closed.schedule("waits", NONE, "refused").unwrap_err();
    assert!(refused.retryable(), "{refused}");
    assert_eq!(closed.queue_length(), 0);
    gate.let_one_end();
    assert_eq!(gate.await_begin(), "waits");
    server.restart();
    let began = Instant::now();
    while let Err(error) = closed.schedule("later", NONE, "later") {
        assert!(error.retryable() && began.elapsed() < SOON, "{error}");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!opened.schedule("later", NONE, "later").unwrap());
    gate.let_one_end();
}

#[test]
fn work_scheduled_while_the_store_was_away_has_its_key_when_that_is_back() {
    Place::each(|place| {
        let (queue, others) = (place.open(), place.open_patient());
        let (mine, gate, lost) = processor(&queue);
        let (other, _gate, _) = processor(&others);
        assert!(mine.schedule("first", NONE, "first").unwrap());
        gate.await_begin();
        place.close();
        assert!(mine.schedule("waits", NONE, "waits").unwrap());
        place.reopen();
        await_held(&others, "waits");
        assert!(!other.schedule("waits", NONE, "twice").unwrap());
        gate.let_one_end();
        assert_eq!(gate.await_begin(), "waits");
        assert!(!other.schedule("waits", NONE, "twice").unwrap());
        gate.let_one_end();
        await_let_go(&others);
        assert!(other.schedule("waits", NONE, "again").unwrap());
        assert!(lost.try_recv().is_err());
    });
}

#[test]
fn a_backoff_that_began_while_the_store_was_away_holds_when_that_is_back() {
    Place::each(|place| {
        let (queue, others) = (place.open(), place.open_patient());
        let (mine, gate, _lost) = processor(&queue);
        place.close();
        for arg in ["long", "short"] {
            let backoff = if arg == "long" { HOUR } else { NONE };
            assert!(mine.schedule(arg, backoff, arg).unwrap());
            gate.await_begin();
            gate.let_one_end();
        }
        place.reopen();
        await_held(&others, "long");
        await_let_go(&others);
        let (other, _gate, _) = processor(&others);
        assert!(!other.schedule("long", NONE, "long").unwrap());
        assert!(other.schedule("short", NONE, "short").unwrap());
        assert!(mine.close(true, SOON));
    });
}

#[test]
fn of_two_that_scheduled_a_key_while_the_store_was_away_one_has_it() {
    Place::each(|place| {
        let queues = [place.open(), place.open()];
        let processors = queues.each_ref().map(processor);
        place.close();
        for (one, gate, _) in &processors {
            assert!(one.schedule("key", NONE, "key").unwrap());
            gate.await_begin();
        }
        place.reopen();
        let [(_, _, lost), (_, _, lost_too)] = &processors;
        let began = Instant::now();
        let mut told = Vec::new();
        while told.is_empty() {
            told.extend(lost.try_iter().map(|_| 0).chain(lost_too.try_iter().map(|_| 1)));
            assert!(began.elapsed() < SOON, "nobody has lost the key");
            std::thread::sleep(Duration::from_millis(2));
        }
        // The end of the one without the key frees nothing.
        processors[told[0]].1.let_one_end();
        assert!(processors[told[0]].0.close(true, SOON));
        await_held(&queues[1 - told[0]], "key");
        processors[1 - told[0]].1.let_one_end();
        await_let_go(&queues[1 - told[0]]);
        assert!(processors[1 - told[0]].0.close(true, SOON));
    });
}

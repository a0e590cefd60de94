//! A process that does what it is told, one call at a time: a queue in another process.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use fairlane::{
    BackgroundOptions, BackgroundProcessor, Durability, Error, ErrorCode, NewJob, Queue,
    QueueOptions, Result, Stats, Token,
};
use serde::{Deserialize, Serialize};

use super::ledger::{Moment, moment};
use super::process::{Process, Role};

/// The role: a handle of a queue, worked through standard input and output.
#[derive(Debug, Serialize, Deserialize)]
pub struct Server {
    /// The file, or the URL of a server.
    pub file: PathBuf,
    /// The queue.
    pub queue: String,
    /// Whether pushes wait for the disk.
    pub is_full: bool,
}

/// One call.
#[derive(Debug, Serialize, Deserialize)]
pub enum Order {
    /// Push a job.
    Push { lane: String, payload: String },
    /// Pop one job.
    Pop { wait: Duration, lease: Duration },
    /// Pop one job after the other, without an end and without a word.
    Work { lease: Duration },
    /// Complete the job that came first of those not completed.
    Complete,
    /// Schedule background work that never ends, under a key of that lease.
    Schedule { key: String, remote_backoff: Duration, lease: Duration },
    /// Count.
    Stats,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// It was done.
    Done,
    /// The payload of the popped job, if one came.
    Popped(Option<String>),
    /// Whether the work was scheduled.
    Scheduled(bool),
    /// The sums and counts of the queue.
    Stats { pushed: i64, completed: i64, lapsed: i64, in_flight: i64, waiting: i64 },
    /// The number and the sentence of the error.
    Refused { code: i32, message: String },
}

impl Server {
    /// Says whether the queue could be opened, then serves until its input ends.
    pub fn play(self) {
        let durability = if self.is_full { Durability::Full } else { Durability::Normal };
        let options = QueueOptions { durability, ..QueueOptions::default() };
        let queue = match Queue::open_with(self.file.to_str().unwrap(), &self.queue, options) {
            Ok(queue) => queue,
            Err(error) => return say(&refused(&error)),
        };
        say(&Answer::Done);
        let mut state = State::default();
        for line in stdin().lock().lines() {
            let order = serde_json::from_str(&line.unwrap()).unwrap();
            say(&state.serve(&queue, order).unwrap_or_else(|error| refused(&error)));
        }
    }
}

fn say(answer: &Answer) {
    let mut line = serde_json::to_vec(&(moment(), answer)).unwrap();
    line.push(b'\n');
    stdout().write_all(&line).unwrap();
    stdout().flush().unwrap();
}

fn refused(error: &Error) -> Answer {
    Answer::Refused { code: error.code().number(), message: error.message().to_owned() }
}

/// What a server keeps between calls.
#[derive(Default)]
struct State {
    /// Of the jobs that were popped and not completed.
    tokens: VecDeque<Token>,
    processor: Option<BackgroundProcessor<()>>,
}

impl State {
    fn serve(&mut self, queue: &Queue, order: Order) -> Result<Answer> {
        Ok(match order {
            Order::Push { lane, payload } => {
                queue.push(NewJob::new(payload).lane(lane))?;
                Answer::Done
            }
            Order::Pop { wait, lease } => Answer::Popped(queue.pop(wait, lease)?.map(|job| {
                self.tokens.push_back(job.token);
                String::from_utf8(job.payload).unwrap()
            })),
            Order::Work { lease } => loop {
                queue.pop(Duration::MAX, lease)?;
            },
            Order::Complete => {
                queue.mark_complete(self.tokens.front().expect("a job to complete"))?;
                self.tokens.pop_front();
                Answer::Done
            }
            Order::Schedule { key, remote_backoff, lease } => {
                if self.processor.is_none() {
                    let options = BackgroundOptions { lease, ..BackgroundOptions::default() };
                    let never_end = |()| loop {
                        std::thread::park();
                    };
                    let processor =
                        BackgroundProcessor::with_options::<()>(queue, options, never_end);
                    self.processor = Some(processor?);
                }
                let processor = self.processor.as_ref().expect("a processor");
                Answer::Scheduled(processor.schedule(&key, remote_backoff, ())?)
            }
            Order::Stats => answer(&queue.stats()?),
        })
    }
}

fn answer(stats: &Stats) -> Answer {
    Answer::Stats {
        pushed: stats.pushed,
        completed: stats.completed,
        lapsed: stats.lapsed,
        in_flight: stats.counts.in_flight,
        waiting: stats.counts.waiting(),
    }
}

/// How long an answer may take: longer than any test waits, so that only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(120);

/// The near end of a [`Server`].
pub struct Remote {
    pub process: Process,
    orders: ChildStdin,
    /// The lines that it writes, as they come.
    answers: Receiver<String>,
}

impl Remote {
    /// Starts a server and waits until it has opened the queue.
    pub fn start(program: &str, file: &Path, queue: &str, durability: Durability) -> Self {
        Self::start_by(Command::new(program), file, queue, durability).expect("an opened queue")
    }

    /// Starts a server by a prepared command; gives the answer, if it cannot open the queue.
    pub fn start_by(
        mut command: Command,
        file: &Path,
        queue: &str,
        durability: Durability,
    ) -> std::result::Result<Self, Answer> {
        let server = Server {
            file: file.to_owned(),
            queue: queue.to_owned(),
            is_full: durability == Durability::Full,
        };
        Role::Serve(server).add_to(&mut command);
        let mut process = Process::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
        let orders = process.child().stdin.take().unwrap();
        let lines = BufReader::new(process.child().stdout.take().unwrap()).lines();
        let (tell, answers) = channel();
        // It ends with the process, or when nobody listens any more.
        thread::spawn(move || lines.map_while(|line| tell.send(line.ok()?).ok()).for_each(drop));
        let mut remote = Self { process, orders, answers };
        match remote.receive().1 {
            Answer::Done => Ok(remote),
            refused => Err(refused),
        }
    }

    /// Sends an order and does not wait.
    pub fn send(&mut self, order: &Order) {
        let mut line = serde_json::to_vec(order).unwrap();
        line.push(b'\n');
        self.orders.write_all(&line).unwrap();
    }

    /// Waits for the answer; gives it with the moment at which the call returned.
    pub fn receive(&mut self) -> (Moment, Answer) {
        let line = self.answers.recv_timeout(PATIENCE).expect("an answer of a living process");
        serde_json::from_str(&line).expect("an answer")
    }

    /// Sends an order and waits for its answer.
    pub fn ask(&mut self, order: &Order) -> Answer {
        self.send(order);
        self.receive().1
    }

    /// Ends the server in peace and waits for it.
    pub fn finish(self) {
        drop(self.orders);
        self.process.finish();
    }

    /// Pushes a job.
    pub fn push(&mut self, payload: &str) -> Answer {
        self.ask(&Order::Push { lane: "lane".into(), payload: payload.into() })
    }

    /// Pops a job without waiting, with a lease of an hour; gives its payload.
    pub fn pop(&mut self) -> Option<String> {
        let order = Order::Pop { wait: Duration::ZERO, lease: Duration::from_secs(3600) };
        match self.ask(&order) {
            Answer::Popped(payload) => payload,
            other => panic!("pop came to {other:?}"),
        }
    }
}

impl Answer {
    /// Gives the sentence of the error.
    ///
    /// # Panics
    /// If it is none, or one of another code.
    pub fn error(&self, expected: ErrorCode) -> &str {
        match self {
            Self::Refused { code, message } if *code == expected.number() => message,
            other => panic!("expected {expected}, got {other:?}"),
        }
    }
}

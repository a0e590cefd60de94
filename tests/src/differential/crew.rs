//! A crew: several processes that take turns on the queues of one file. What one of them remembers
//! must not be believed when another has written.

use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use fairlane::clock::{ManualClock, Millis};
use fairlane::store::sqlite::SqliteStore;
use fairlane::{Durability, QueueOptions, Token};
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::generate::{Sequence, Step, sequence};
use super::run::{Moment, Party};
use super::subject::Subject;

/// What a process is asked to do. It makes the sequence itself, from the seed.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    file: PathBuf,
    queue: String,
    seed: u64,
    number: usize,
    now: Millis,
    latest: u64,
    tokens: Vec<String>,
}

/// What a process says.
#[derive(Debug, Serialize, Deserialize)]
struct Reply {
    answer: String,
    /// What was popped so far.
    tokens: Vec<String>,
}

/// Processes that take turns.
pub struct Crew {
    directory: tempfile::TempDir,
    members: Vec<Member>,
    turns: Rng,
    seed: u64,
    queues: u64,
    tokens: Vec<String>,
}

struct Member {
    process: Child,
    requests: ChildStdin,
    replies: BufReader<ChildStdout>,
}

impl Crew {
    /// Starts that many processes of `program`, which calls [`serve`].
    ///
    /// # Errors
    /// Those of the system.
    pub fn start(program: &str, size: usize) -> io::Result<Self> {
        Ok(Self {
            directory: tempfile::tempdir()?,
            members: (0..size).map(|_| Member::start(program)).collect::<io::Result<_>>()?,
            turns: Rng::with_seed(0),
            seed: 0,
            queues: 0,
            tokens: Vec::new(),
        })
    }

    /// Begins a sequence on a queue of its own.
    pub fn begin(&mut self, sequence: &Sequence) {
        self.seed = sequence.seed;
        self.turns = Rng::with_seed(sequence.seed);
        self.queues += 1;
        self.tokens.clear();
    }
}

impl Party for Crew {
    fn name(&self) -> &'static str {
        "processes"
    }

    fn apply(&mut self, step: &Step, moment: Moment) -> Answer {
        let request = Request {
            file: self.directory.path().join("jobs.db"),
            queue: format!("queue {}", self.queues),
            seed: self.seed,
            number: step.number,
            now: moment.now,
            latest: moment.latest,
            tokens: std::mem::take(&mut self.tokens),
        };
        let turn = self.turns.usize(0..self.members.len());
        match self.members[turn].ask(&request) {
            Ok(reply) => {
                self.tokens = reply.tokens;
                Answer::Told(reply.answer)
            }
            Err(error) => Answer::Told(format!("process {turn} fell silent: {error}")),
        }
    }
}

impl Member {
    fn start(program: &str) -> io::Result<Self> {
        let mut process =
            Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(requests), Some(replies)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(io::Error::other("a process without pipes"));
        };
        Ok(Self { process, requests, replies: BufReader::new(replies) })
    }

    fn ask(&mut self, request: &Request) -> io::Result<Reply> {
        writeln!(self.requests, "{}", serde_json::to_string(request)?)?;
        let mut line = String::new();
        self.replies.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // It reads nothing more, and holds nothing that it could lose.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves a crew: applies what is asked for on standard input until that ends.
///
/// # Errors
/// Those of the pipes, and a request that makes no sense.
pub fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let clock = Arc::new(ManualClock::new(0));
    let mut opened: Option<(String, Sequence, Arc<SqliteStore>)> = None;
    for line in io::stdin().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        clock.set(request.now);
        let (queue, sequence, store) = match opened.take() {
            Some(same) if same.0 == request.queue => same,
            _ => {
                let sequence = sequence(request.seed);
                let options = QueueOptions {
                    durability: Durability::Normal,
                    max_failed: sequence.max_failed,
                    clock: Arc::clone(&clock) as _,
                    ..QueueOptions::default()
                };
                let store = SqliteStore::open(&request.file, &request.queue, &options)?;
                (request.queue.clone(), sequence, Arc::new(store))
            }
        };
        let tokens = request.tokens.iter().map(|token| token.parse::<Token>());
        let mut subject =
            Subject::with_tokens(Arc::clone(&store) as _, tokens.collect::<Result<_, _>>()?);
        let moment = Moment { now: request.now, latest: request.latest };
        let answer = subject.apply(&sequence.steps[request.number], moment).told();
        let tokens = subject.tokens().iter().map(Token::to_string).collect();
        writeln!(io::stdout(), "{}", serde_json::to_string(&Reply { answer, tokens })?)?;
        opened = Some((queue, sequence, store));
    }
    Ok(())
}

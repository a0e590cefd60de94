//! Other processes: this program started again in a part, steered over its standard streams.
//!
//! A child makes ready and says so, waits for the word to go, does its part, and reports one line
//! of JSON.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use fairlane::Durability::{Full, Normal};
use fairlane::{Job, Queue};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::bare::{BareQueue, Taken};
use crate::ours::{self, LEASE, PAYLOAD};

/// How many jobs a worker process takes at a time.
const CLAIM: usize = 32;

/// How long a worker process waits for a job before it looks whether the work is over.
const PATIENCE: Duration = Duration::from_millis(50);

/// What a child does.
#[derive(Debug, Serialize, Deserialize)]
pub enum Part {
    /// Pushes that many jobs, one a call; reports the moment of the start.
    Produce { side: Side, path: PathBuf, jobs: usize },
    /// Takes 32 at a time and completes them until the work is over; reports [`Worked`].
    Work { side: Side, path: PathBuf },
    /// Pushes without a pause; reports how many.
    Saturate { path: PathBuf, seconds: u64 },
    /// Pops and completes one at a time; reports how many, and the longest pop in milliseconds.
    Claim { path: PathBuf, seconds: u64 },
    /// Waits for each job; reports the milliseconds since the moment in its payload.
    Wait { path: PathBuf, is_full: bool, jobs: usize },
    /// Waits for nothing; reports the share of a core that it used.
    Idle { path: PathBuf, seconds: u64 },
    /// Fills a queue; reports [`Resident`].
    Fill { path: PathBuf, jobs: usize },
}

/// Whose queue.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Side {
    Ours,
    Bare,
}

impl Side {
    pub fn open(self, path: &Path) -> Result<Handle> {
        Ok(match self {
            Self::Ours => Handle::Ours(ours::open(path, Normal)?),
            Self::Bare => Handle::Bare(BareQueue::open(path, Normal)?),
        })
    }
}

pub enum Handle {
    Ours(Queue),
    Bare(BareQueue),
}

/// What a worker did, and when it did the last of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Worked {
    pub jobs: usize,
    pub last: u64,
}

/// Resident memory in bytes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Resident {
    pub empty: u64,
    pub full: u64,
}

/// Gives the moment in nanoseconds since 1970: what two processes can compare.
pub fn now() -> Result<u64> {
    Ok(u64::try_from(SystemTime::UNIX_EPOCH.elapsed()?.as_nanos())?)
}

/// A child, seen from the parent. Dropping it ends it.
pub struct Child {
    process: std::process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Child {
    /// Starts a child and waits until it is ready.
    pub fn spawn(part: &Part) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("--child")
            .arg(serde_json::to_string(part)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().context("a child has no input")?;
        let output = BufReader::new(process.stdout.take().context("a child has no output")?);
        let mut child = Self { process, input, output };
        child.line().with_context(|| format!("{part:?} did not make ready"))?;
        Ok(child)
    }

    pub fn go(&mut self) -> Result<()> {
        Ok(writeln!(self.input)?)
    }

    pub fn report<T: DeserializeOwned>(&mut self) -> Result<T> {
        let line = self.line()?;
        self.process.wait()?;
        Ok(serde_json::from_str(&line)?)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.output.read_line(&mut line)? > 0, "a child ended early");
        Ok(line)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Plays a part; the child's `main`.
pub fn play(part: Part) -> Result<()> {
    match part {
        Part::Produce { side, path, jobs } => {
            let handle = side.open(&path)?;
            ready()?;
            let start = now()?;
            for _ in 0..jobs {
                match &handle {
                    Handle::Ours(queue) => drop(queue.push(ours::new_job())?),
                    Handle::Bare(bare) => bare.push(&PAYLOAD, 1)?,
                }
            }
            File::create(end_mark(&path))?;
            report(&start)
        }
        Part::Work { side, path } => {
            let handle = side.open(&path)?;
            ready()?;
            report(&match &handle {
                Handle::Ours(queue) => work(queue, &end_mark(&path))?,
                Handle::Bare(bare) => work_bare(bare, &end_mark(&path))?,
            })
        }
        Part::Saturate { path, seconds } => {
            let queue = ours::open(&path, Normal)?;
            ready()?;
            let start = Instant::now();
            let mut pushes = 0;
            while start.elapsed().as_secs() < seconds {
                queue.push(ours::new_job())?;
                pushes += 1;
            }
            report(&pushes)
        }
        Part::Claim { path, seconds } => claim(&ours::open(&path, Normal)?, seconds),
        Part::Wait { path, is_full, jobs } => {
            wait(&ours::open(&path, if is_full { Full } else { Normal })?, jobs)
        }
        Part::Idle { path, seconds } => {
            let queue = ours::open(&path, Normal)?;
            ready()?;
            let (cpu, start) = (cpu_seconds()?, Instant::now());
            let nothing = queue.pop(Duration::from_secs(seconds), LEASE)?;
            ensure!(nothing.is_none(), "a job came out of an empty queue");
            report(&((cpu_seconds()? - cpu) / start.elapsed().as_secs_f64()))
        }
        Part::Fill { path, jobs } => fill(&ours::open(&path, Normal)?, jobs),
    }
}

/// Names the file that stands once everything has been pushed: a worker that finds nothing after
/// it has seen that file is done.
fn end_mark(path: &Path) -> PathBuf {
    path.with_extension("end")
}

fn work(queue: &Queue, end: &Path) -> Result<Worked> {
    let mut worked = Worked { jobs: 0, last: now()? };
    let mut is_over = false;
    loop {
        let jobs: Vec<Job> = queue.pop_many(CLAIM, PATIENCE, LEASE)?;
        if !jobs.is_empty() {
            ours::complete_all(queue, &jobs)?;
            worked = Worked { jobs: worked.jobs + jobs.len(), last: now()? };
        } else if is_over {
            return Ok(worked);
        } else {
            is_over = end.exists();
        }
    }
}

fn work_bare(bare: &BareQueue, end: &Path) -> Result<Worked> {
    let mut worked = Worked { jobs: 0, last: now()? };
    let mut is_over = false;
    let mut held: Vec<Taken> = Vec::new();
    loop {
        let next = bare.complete_and_pop(&held, CLAIM)?;
        if !held.is_empty() {
            worked = Worked { jobs: worked.jobs + held.len(), last: now()? };
        }
        held = next;
        if held.is_empty() {
            if is_over {
                return Ok(worked);
            }
            is_over = end.exists();
            // It cannot be woken; a short nap keeps it from the others' lock.
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}

fn claim(queue: &Queue, seconds: u64) -> Result<()> {
    ready()?;
    let start = Instant::now();
    let (mut claims, mut longest) = (0_usize, Duration::ZERO);
    while start.elapsed().as_secs() < seconds {
        let before = Instant::now();
        let job = ours::pop_one(queue)?;
        longest = longest.max(before.elapsed());
        queue.mark_complete(&job.token)?;
        claims += 1;
    }
    report(&(claims, longest.as_secs_f64() * 1e3))
}

fn wait(queue: &Queue, jobs: usize) -> Result<()> {
    ready()?;
    let mut milliseconds = Vec::new();
    while milliseconds.len() < jobs {
        let job = queue.pop(Duration::from_secs(60), LEASE)?.context("no job came for a minute")?;
        let started = now()?;
        let stamp = job.payload.first_chunk().context("a payload without a moment")?;
        milliseconds.push(started.saturating_sub(u64::from_le_bytes(*stamp)) as f64 / 1e6);
        queue.mark_complete(&job.token)?;
    }
    report(&milliseconds)
}

fn fill(queue: &Queue, jobs: usize) -> Result<()> {
    ready()?;
    // Every kind of call once on the empty queue: what they need is not the large queue's doing.
    let every_call = || {
        for _ in 0..1_000 {
            queue.push(ours::new_job())?;
            queue.mark_complete(&ours::pop_one(queue)?.token)?;
        }
        anyhow::Ok(())
    };
    ours::fill(queue, 1_000, 1)?;
    for _ in 0..10 {
        ours::complete_all(queue, &queue.pop_many(100, Duration::ZERO, LEASE)?)?;
    }
    every_call()?;
    let empty = resident()?;
    ours::fill(queue, jobs, 10)?;
    every_call()?;
    report(&Resident { empty, full: resident()? })
}

fn resident() -> Result<u64> {
    let usage = memory_stats::memory_stats().context("this system does not tell memory")?;
    Ok(usage.physical_mem as u64)
}

fn cpu_seconds() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6)
}

fn ready() -> Result<()> {
    println!("ready");
    ensure!(std::io::stdin().lock().read_line(&mut String::new())? > 0, "the parent went away");
    Ok(())
}

fn report(report: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(report)?);
    Ok(())
}

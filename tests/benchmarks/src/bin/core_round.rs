//! Does the work of `node.mjs` with the core alone: `core_round WIDTH JOBS URL`, one round.
//! Width 0 is one thread that makes one call after the other, any other width that many jobs a call.
//! Writes the nanoseconds a job, of the clock and of the processor.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use fairlane::{DEFAULT_LEASE, Durability, NewJob, Queue, QueueOptions, Result};
use nix::sys::time::TimeValLike;

const LEASE: Duration = Duration::from_millis(DEFAULT_LEASE as u64);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [width, jobs, url] = arguments.as_slice() else { return usage() };
    let (Ok(width), Ok(jobs)) = (width.parse(), jobs.parse()) else { return usage() };
    match round(width, jobs, url) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: core_round WIDTH JOBS URL");
    ExitCode::FAILURE
}

fn round(width: usize, jobs: usize, url: &str) -> Result<()> {
    // Node has more threads than one, as has every program with workers: with the first of them the
    // locks of the C library begin to cost something.
    let idle = std::thread::spawn(std::thread::park);
    let options = QueueOptions { durability: Durability::Normal, ..QueueOptions::default() };
    let queue = Queue::open_with(url, "q", options)?;
    let (began, spent) = (Instant::now(), processor());
    match width {
        0 => (0..jobs).try_for_each(|_| one(&queue))?,
        _ => (0..jobs / width).try_for_each(|_| many(&queue, width))?,
    }
    let per_job = |time: Duration| time.as_nanos() / jobs as u128;
    println!("{} {}", per_job(began.elapsed()), per_job(processor() - spent));
    idle.thread().unpark();
    Ok(())
}

fn one(queue: &Queue) -> Result<()> {
    queue.push(job())?;
    let job = queue.pop(Duration::ZERO, LEASE)?;
    job.map_or(Ok(()), |job| queue.mark_complete(&job.token))
}

fn many(queue: &Queue, width: usize) -> Result<()> {
    queue.push_many((0..width).map(|_| job()).collect())?;
    let jobs = queue.pop_many(width, Duration::ZERO, LEASE)?;
    let tokens: Vec<_> = jobs.iter().map(|job| job.token).collect();
    queue.mark_complete_many(&tokens)?.into_iter().collect()
}

fn job() -> NewJob {
    NewJob::new([b'x'; 100]).lane("lane")
}

/// What the process has spent of the processor.
fn processor() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok();
    let spent = usage.map_or(0, |usage| {
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds()
    });
    Duration::from_micros(u64::try_from(spent).unwrap_or(0))
}

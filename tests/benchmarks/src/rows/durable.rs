//! Durability "full": how much of the disk reaches the caller, and how threads share a sync.

use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use fairlane::Durability::Full;
use fairlane::Queue;

use super::Scale;
use crate::bare::BareQueue;
use crate::disk::Disk;
use crate::ours::{self, PAYLOAD};
use crate::report::{Bound, Line, Unit, rate};
use crate::rounds::timed;

pub fn push(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    let queue = ours::open(&directory.join("ours.db"), Full)?;
    let bare = BareQueue::open(&directory.join("bare.db"), Full)?;
    let mut disk = Disk::open(&directory.join("disk"))?;
    // Once round first: a WAL that still grows makes the disk write metadata with every commit.
    for _ in 0..scale.samples * 5 {
        queue.push(ours::new_job())?;
        bare.push(&PAYLOAD, 1)?;
    }
    let mut ours = |count| push_in_turn(&queue, count);
    let mut bare = |count| timed(|| (0..count).try_for_each(|_| bare.push(&PAYLOAD, 1)));
    let mut disk = |count| disk.sync_frames(count);
    let rates = scale.rounds.run(&mut [&mut ours, &mut bare, &mut disk])?;
    let line = |yardstick: usize, name: &str, bound| Line {
        what: format!("push, full, one thread, of {name}"),
        ours: rate(rates[0].median()),
        yardstick: format!("{} {name}", rate(rates[yardstick].median())),
        value: rates[0].ratio_to(&rates[yardstick]),
        unit: Unit::Times,
        bound,
    };
    Ok(vec![line(2, "fdatasync", Bound::AtLeast(0.85)), line(1, "bare loop", Bound::None)])
}

pub fn push_threads(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    let queue = ours::open(&directory.join("ours.db"), Full)?;
    push_in_turn(&queue, scale.samples * 5)?;
    let mut one = |count| push_at_once(&queue, count, 1);
    let mut sixteen = |count| push_at_once(&queue, count, 16);
    let mut sixty_four = |count| push_at_once(&queue, count, 64);
    let rates = scale.rounds.run(&mut [&mut one, &mut sixteen, &mut sixty_four])?;
    let line = |index: usize, threads: usize, bound: f64| Line {
        what: format!("push, full, {threads} threads, of one thread"),
        ours: rate(rates[index].median()),
        yardstick: format!("{} one thread", rate(rates[0].median())),
        value: rates[index].ratio_to(&rates[0]),
        unit: Unit::Times,
        bound: Bound::AtLeast(bound),
    };
    Ok(vec![line(1, 16, 6.0), line(2, 64, 13.0)])
}

fn push_in_turn(queue: &Queue, count: usize) -> Result<Duration> {
    timed(|| {
        for _ in 0..count {
            queue.push(ours::new_job())?;
        }
        Ok(())
    })
}

/// Pushes at least `count` jobs, the same number from each thread; the threads are there before the
/// clock starts.
fn push_at_once(queue: &Queue, count: usize, threads: usize) -> Result<Duration> {
    let each = count.div_ceil(threads);
    let start_line = Barrier::new(threads + 1);
    let time = std::thread::scope(|scope| {
        let pushers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    start_line.wait();
                    push_in_turn(queue, each)
                })
            })
            .collect();
        start_line.wait();
        let start = Instant::now();
        for pusher in pushers {
            pusher.join().map_err(|_| anyhow!("a pushing thread panicked"))??;
        }
        anyhow::Ok(start.elapsed())
    })?;
    // The time that `count` of the `each * threads` jobs took.
    Ok(time.mul_f64(count as f64 / (each * threads) as f64))
}

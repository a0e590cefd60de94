//! One thread, durability "normal": the price of a call.

use std::path::Path;

use anyhow::Result;
use fairlane::Durability::Normal;

use super::Scale;
use crate::bare::BareQueue;
use crate::ours::{self, PAYLOAD};
use crate::report::{Bound, Line, Unit, rate};
use crate::rounds::{Subject, timed};

/// How many jobs a batch holds.
const BATCH: usize = 100;

pub fn push_normal(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    let (queue, bare) = open(directory)?;
    let mut ours = |count| {
        timed(|| {
            for _ in 0..count {
                queue.push(ours::new_job())?;
            }
            Ok(())
        })
    };
    let mut theirs = |count| timed(|| (0..count).try_for_each(|_| bare.push(&PAYLOAD, 1)));
    compare("push, normal, one thread", 1, 0.7, scale, &mut ours, &mut theirs)
}

pub fn pop_complete_normal(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    let (queue, bare) = open(directory)?;
    let mut ours = |count| {
        ours::fill(&queue, count, 1)?;
        timed(|| {
            for _ in 0..count {
                queue.mark_complete(&ours::pop_one(&queue)?.token)?;
            }
            Ok(())
        })
    };
    let mut theirs = |count| {
        bare.push(&PAYLOAD, count)?;
        timed(|| (0..count).try_for_each(|_| bare.complete(&bare.pop(1)?)))
    };
    compare("pop + complete, normal, one thread", 1, 0.6, scale, &mut ours, &mut theirs)
}

pub fn push_batch_normal(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    let (queue, bare) = open(directory)?;
    let mut ours = |count| {
        timed(|| {
            for _ in 0..count {
                queue.push_many(vec![ours::new_job(); BATCH])?;
            }
            Ok(())
        })
    };
    let mut theirs = |count| timed(|| (0..count).try_for_each(|_| bare.push(&PAYLOAD, BATCH)));
    compare("push, normal, batches of 100", BATCH, 0.5, scale, &mut ours, &mut theirs)
}

pub fn pop_complete_batch_normal(directory: &Path, scale: Scale) -> Result<Vec<Line>> {
    let (queue, bare) = open(directory)?;
    let mut ours = |count| {
        ours::fill(&queue, count * BATCH, 1)?;
        timed(|| {
            for _ in 0..count {
                let jobs = queue.pop_many(BATCH, Default::default(), ours::LEASE)?;
                ours::complete_all(&queue, &jobs)?;
            }
            Ok(())
        })
    };
    let mut theirs = |count| {
        bare.push(&PAYLOAD, count * BATCH)?;
        timed(|| (0..count).try_for_each(|_| bare.complete(&bare.pop(BATCH)?)))
    };
    compare("pop + complete, normal, batches of 100", BATCH, 0.5, scale, &mut ours, &mut theirs)
}

fn open(directory: &Path) -> Result<(fairlane::Queue, BareQueue)> {
    let queue = ours::open(&directory.join("ours.db"), Normal)?;
    Ok((queue, BareQueue::open(&directory.join("bare.db"), Normal)?))
}

fn compare(
    what: &str,
    jobs_an_operation: usize,
    bound: f64,
    scale: Scale,
    ours: &mut dyn Subject,
    theirs: &mut dyn Subject,
) -> Result<Vec<Line>> {
    let rates = scale.rounds.run(&mut [ours, theirs])?;
    let jobs = jobs_an_operation as f64;
    Ok(vec![Line {
        what: what.into(),
        ours: rate(rates[0].median() * jobs),
        yardstick: format!("{} bare loop", rate(rates[1].median() * jobs)),
        value: rates[0].ratio_to(&rates[1]),
        unit: Unit::Times,
        bound: Bound::AtLeast(bound),
    }])
}

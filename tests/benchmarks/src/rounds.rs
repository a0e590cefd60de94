//! Side by side: subjects take turns in short rounds, and only rates of one round are compared.
//!
//! A machine drifts: its disk fills a buffer, its clock rate changes, a neighbour compiles. A round
//! is short beside that, so both sides of a ratio meet the same machine, and the median over the
//! rounds drops those that did not.

use std::time::{Duration, Instant};

use anyhow::Result;

/// The most operations that a subject is asked to do in one go.
const MAX_OPERATIONS: usize = 1 << 20;

/// Something that is measured.
pub trait Subject {
    /// Does that many operations and tells how long they took; what it prepares before and puts
    /// right after them is not in that time.
    fn run(&mut self, operations: usize) -> Result<Duration>;
}

impl<F: FnMut(usize) -> Result<Duration>> Subject for F {
    fn run(&mut self, operations: usize) -> Result<Duration> {
        self(operations)
    }
}

/// Times a piece of work.
pub fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

/// How many rounds there are, and how long each subject's part of one takes.
#[derive(Debug, Clone, Copy)]
pub struct Rounds {
    pub count: usize,
    pub slice: Duration,
}

impl Rounds {
    /// Runs the subjects in turn, each round starting with the next one, and gives each its rates:
    /// operations a second, one a round.
    pub fn run(self, subjects: &mut [&mut dyn Subject]) -> Result<Vec<Rates>> {
        let mut operations = Vec::new();
        for subject in subjects.iter_mut() {
            operations.push(self.operations_in_a_slice(*subject)?);
        }
        let mut rates = vec![Rates::default(); subjects.len()];
        for round in 0..self.count {
            for turn in 0..subjects.len() {
                let index = (round + turn) % subjects.len();
                let time = subjects[index].run(operations[index])?;
                rates[index].0.push(operations[index] as f64 / time.as_secs_f64());
            }
        }
        Ok(rates)
    }

    /// Warms a subject up until a run is long enough to tell how many operations fill a slice.
    fn operations_in_a_slice(self, subject: &mut dyn Subject) -> Result<usize> {
        let mut operations = 1;
        loop {
            let time = subject.run(operations)?;
            if time * 4 >= self.slice || operations >= MAX_OPERATIONS {
                let fitting = operations as f64 * self.slice.as_secs_f64() / time.as_secs_f64();
                return Ok((fitting as usize).clamp(1, MAX_OPERATIONS));
            }
            operations *= 2;
        }
    }
}

/// The rates of one subject, one a round.
#[derive(Debug, Clone, Default)]
pub struct Rates(Vec<f64>);

impl Rates {
    pub fn push(&mut self, rate: f64) {
        self.0.push(rate);
    }

    /// Gives the median rate.
    pub fn median(&self) -> f64 {
        median(self.0.clone())
    }

    /// Gives the median of the ratios to another subject's rate in the same round.
    pub fn ratio_to(&self, other: &Rates) -> f64 {
        median(self.0.iter().zip(&other.0).map(|(ours, theirs)| ours / theirs).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    percentile(&mut values, 50.0)
}

/// Gives the value below which `percent` of the values lie; NaN if there are none.
pub fn percentile(values: &mut [f64], percent: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * percent / 100.0) as usize;
    values.get(rank.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

//! The runner: applies a sequence to the model and another in step and stops at the first
//! difference.

use std::fmt;

use fairlane::clock::{Clock, ManualClock, Millis};
use similar::TextDiff;

use super::answer::Answer;
use super::coverage::Coverage;
use super::generate::{Sequence, Step};
use super::operation::Operation;
use super::subject::Subject;
use crate::invariants;

/// Where two stores did not agree, or a state was not sound.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The index of the step.
    pub index: usize,
    /// What was seen.
    pub report: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "at step {}: {}", self.index, self.report)
    }
}

/// What a party cannot know by itself.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The time.
    pub now: Millis,
    /// The latest id that was given.
    pub latest: u64,
}

/// One that applies operations.
pub trait Party {
    /// Names it in a report.
    fn name(&self) -> &'static str;

    /// Applies the operation of a step.
    fn apply(&mut self, step: &Step, moment: Moment) -> Answer;
}

/// Applies `sequence` to the model and to another party; counts what came up. `clock` is the clock
/// of all that are in this process.
///
/// # Errors
/// The first difference.
pub fn run(
    sequence: &Sequence,
    model: &mut Subject,
    other: &mut dyn Party,
    clock: &ManualClock,
    coverage: &mut Coverage,
) -> Result<(), Difference> {
    let (mut next_due, mut latest) = (None, 0);
    for (index, step) in sequence.steps.iter().enumerate() {
        let differs = |report| Difference { index, report };
        match (&step.operation, next_due) {
            (Operation::Advance(by), _) => clock.advance(*by),
            (Operation::AdvanceToDue(offset), Some(due)) => {
                clock.set(clock.now().max(due + offset));
            }
            _ => {}
        }
        // Ids are given one after the other, so their number tells the latest; where there are
        // shards it may be higher.
        let sums = model.store().stats().map_err(|error| differs(error.to_string()))?;
        latest = sums.pushed.unsigned_abs().max(latest);
        let moment = Moment { now: clock.now(), latest };
        let answer = model.apply(step, moment);
        let others = other.apply(step, moment);
        if !answer.allows(&others, moment.now) {
            return Err(differs(report((model.name(), other.name()), &answer, &others)));
        }
        if let Operation::SetBack(by) = step.operation {
            clock.advance(-by);
        }
        if let Answer::Pushed(Ok(pushed)) = &answer {
            latest = pushed.iter().map(|pushed| pushed.id.0).fold(latest, u64::max);
        }
        if let Answer::Popped(Ok(batch)) = &answer {
            next_due = batch.next_due;
        }
        if let Answer::Dump(Ok(dump)) = &answer {
            invariants::check(dump).map_err(differs)?;
        }
        coverage.see(&step.operation, &answer);
    }
    if let Ok(sums) = model.store().stats() {
        coverage.see_sums(&sums);
    }
    Ok(())
}

fn report(names: (&str, &str), first: &Answer, other: &Answer) -> String {
    let told = matches!(other, Answer::Told(_));
    let first = if told { first.told() } else { format!("{first:#?}\n") };
    let other = if told { other.told() } else { format!("{other:#?}\n") };
    let diff = TextDiff::from_lines(&first, &other);
    let shown = diff.unified_diff().context_radius(12).header(names.0, names.1).to_string();
    // A large payload that differs is no news by its length.
    shown.split_inclusive('\n').take(120).collect()
}

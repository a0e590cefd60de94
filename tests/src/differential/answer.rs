//! What a store says to an operation, in a form in which equal answers are equal.

use std::collections::BTreeSet;

use fairlane::clock::Millis;
use fairlane::store::{Batch, Dump, Fate, Ticks};
use fairlane::{Error, JobInfo, LaneInfo, Pushed, Repaired, Result, ScheduleInfo, Stats, Swept};

/// The answer of one store. Queue tags are taken out of it: they differ from store to store.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs)]
pub enum Answer {
    Nothing,
    Pushed(Result<Vec<Pushed>>),
    Popped(Result<Batch>),
    Each(Result<Vec<Result<()>>>),
    Done(Result<()>),
    Swept(Result<Swept>),
    Repaired(Result<Repaired>),
    Flag(Result<bool>),
    Flags(Result<Vec<bool>>),
    Count(Result<u64>),
    Stats(Result<Stats>),
    Lanes(Result<Vec<LaneInfo>>),
    Lane(Result<Option<LaneInfo>>),
    Job(Result<Option<JobInfo>>),
    Fate(Result<Fate>),
    Jobs(Result<Vec<JobInfo>>),
    Schedules(Result<Vec<ScheduleInfo>>),
    Ticks(Result<Ticks>),
    Fired(Result<bool>),
    Dump(Result<Box<Dump>>),
    /// The answer of another process, in the words of [`Answer::told`].
    Told(String),
}

impl Answer {
    /// Takes the tags out of tokens and error sentences.
    pub(super) fn without_tags(mut self, tags: &BTreeSet<u32>) -> Self {
        match &mut self {
            Self::Popped(Ok(batch)) => {
                batch.jobs.iter_mut().for_each(|job| job.token.queue = 0);
            }
            Self::Each(Ok(each)) => {
                for result in each {
                    if let Err(error) = result {
                        *error = error_without_tags(error, tags);
                    }
                }
            }
            _ => {}
        }
        self
    }

    /// Tells whether another store, asked at `now`, may say `other` where the model says this. All
    /// must be equal but `next_due`: a store may have a waiter look again too early, never too late.
    pub(super) fn allows(&self, other: &Self, now: Millis) -> bool {
        match (self, other) {
            (Self::Popped(Ok(exact)), Self::Popped(Ok(bound))) => {
                let is_early = |due: Millis| due > now && exact.next_due.is_none_or(|at| due <= at);
                (&bound.jobs, bound.has_tick) == (&exact.jobs, exact.has_tick)
                    && bound.next_due.map_or(exact.next_due.is_none(), is_early)
            }
            (_, Self::Told(text)) => self.told() == *text,
            _ => self == other,
        }
    }

    /// Writes the answer out, all but `next_due`.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Told(text) => text.clone(),
            Self::Popped(Ok(batch)) => format!("{:#?}\n{}\n", batch.jobs, batch.has_tick),
            other => format!("{other:#?}\n"),
        }
    }

    /// Lists the errors in it.
    pub(super) fn errors(&self) -> Vec<&Error> {
        match self {
            Self::Each(Ok(each)) => {
                each.iter().filter_map(|result| result.as_ref().err()).collect()
            }
            Self::Pushed(Err(error)) | Self::Done(Err(error)) | Self::Fired(Err(error)) => {
                vec![error]
            }
            _ => Vec::new(),
        }
    }
}

fn error_without_tags(error: &Error, tags: &BTreeSet<u32>) -> Error {
    let without = |message: String, tag: &u32| {
        message
            .replace(&format!("{tag:08x}"), "TAG")
            .replace(&format!("{:08x}", foreign(*tag)), "FOREIGN")
    };
    Error::new(error.code(), tags.iter().fold(error.message().to_owned(), without))
}

/// Gives the tag of another queue.
pub(super) fn foreign(tag: u32) -> u32 {
    !tag
}

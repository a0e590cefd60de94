//! Differential testing: the same random operations against several stores, which must give the
//! same answers and the same dumps.
//!
//! A sequence follows from its seed alone. When stores differ, the sequence is cut down to the
//! operations that matter and the seed is told, so that it can be run again.

mod answer;
mod coverage;
mod crew;
mod generate;
mod operation;
mod print;
mod run;
mod shrink;
mod subject;

pub use answer::Answer;
pub use coverage::Coverage;
pub use crew::{Crew, serve};
pub use generate::{Sequence, Step, sequence, sequence_with_reopenings};
pub use operation::{
    JobPick, Operation, PickedEnding, PickedFilter, PickedFiring, PickedJob, TokenPick,
};
pub use run::{Difference, Moment, Party, run};
pub use shrink::shrink;
pub use subject::{Open, Subject};

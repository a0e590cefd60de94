//! Pushing a stream of lines: in batches, with progress, and interrupted between two batches.

use std::fmt;
use std::io;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use clap::Args;
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::push::line::job_of;
use crate::cli::push::lines::{self, Line};
use crate::cli::push::terms::Terms;
use crate::interrupts::{Afterwards, Interrupts};
use crate::queue::Queue;

/// How often a silent input is left to see whether Ctrl-C was pressed.
const LOOK_UP: Duration = Duration::from_millis(50);

/// How a stream is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of a stream")]
pub(super) struct StreamTerms {
    /// Push each line of standard input as a job
    #[arg(long, group = "stream")]
    lines: bool,
    /// Push each line of standard input, a JSON value, as a job
    #[arg(long, group = "stream")]
    pub(super) json_lines: bool,
    /// Take the lane from that field: a name, or a JSON pointer as /customer/name
    #[arg(long, value_name = "FIELD", requires = "json_lines")]
    pub(super) lane_field: Option<String>,
    /// Take the priority from that field, where a line has it
    #[arg(long, value_name = "FIELD", requires = "json_lines")]
    pub(super) priority_field: Option<String>,
    /// Take the key from that field
    #[arg(long, value_name = "FIELD", requires = "json_lines")]
    pub(super) key_field: Option<String>,
    /// Tell of lines that are not accepted and go on
    #[arg(long, requires = "stream")]
    skip_malformed: bool,
}

impl StreamTerms {
    pub(super) fn is_wanted(&self) -> bool {
        self.lines || self.json_lines
    }
}

/// What a stream did; as JSON, the answer.
#[derive(Debug, Default, Serialize)]
struct Tally {
    /// Jobs made.
    pushed: u64,
    /// Lines whose key another job holds.
    existing: u64,
    /// Lines that were not accepted.
    skipped: u64,
    /// Lines that are done with: the stream can go on behind them.
    lines: u64,
    interrupted: bool,
}

impl Tally {
    fn sentence(&self) -> String {
        let mut sentence = format!("{} jobs pushed", self.pushed);
        if self.existing > 0 {
            sentence += &format!(", {} held back by their keys", self.existing);
        }
        if self.skipped > 0 {
            sentence += &format!(", {} malformed lines skipped", self.skipped);
        }
        sentence
    }

    fn resume_hint(&self) -> String {
        format!("the first {} lines are done: go on from line {}", self.lines, self.lines + 1)
    }
}

pub(super) fn run(context: &Context, stream: &StreamTerms, terms: &Terms) -> Result<(), Failure> {
    let interrupts = Interrupts::listen(Afterwards::Ignore, |_| {})?;
    let queue = context.open()?;
    let (progress, tally) = (progress_bar(), Tally::default());
    let mut push = Push { context, queue, stream, terms, progress, tally };
    let result = push.all(&interrupts);
    push.progress.finish_and_clear();
    push.conclude(result, &interrupts)
}

/// Shows the number of jobs on standard error, if that is a terminal.
fn progress_bar() -> ProgressBar {
    let template = "{spinner} {human_pos} jobs pushed, {a_second} a second, {elapsed}";
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .with_key("a_second", |state: &ProgressState, out: &mut dyn fmt::Write| {
            // A bar that cannot be written shows nothing; there is nobody to tell.
            let _ = write!(out, "{}", HumanCount(state.per_sec() as u64));
        });
    ProgressBar::new_spinner().with_style(style)
}

struct Push<'a> {
    context: &'a Context,
    queue: Queue,
    stream: &'a StreamTerms,
    terms: &'a Terms,
    progress: ProgressBar,
    tally: Tally,
}

impl Push<'_> {
    fn all(&mut self, interrupts: &Interrupts) -> Result<(), Failure> {
        let chunks = lines::read(io::stdin(), self.context.max_payload())?;
        loop {
            if interrupts.count() > 0 {
                self.tally.interrupted = true;
                return Ok(());
            }
            match chunks.recv_timeout(LOOK_UP) {
                Ok(Ok(chunk)) => self.chunk(chunk)?,
                Ok(Err(error)) => {
                    return Err(Failure::system(format!("cannot read standard input: {error}")));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.progress.set_position(self.tally.pushed);
        }
    }

    /// Pushes a chunk in one step, up to the first line that is not accepted.
    fn chunk(&mut self, chunk: Vec<Line>) -> Result<(), Failure> {
        let (mut jobs, mut done, mut malformed) = (Vec::with_capacity(chunk.len()), 0, None);
        for Line { number, content } in chunk {
            let job = match content {
                Ok(content) if content.trim_ascii().is_empty() => {
                    done = number;
                    continue;
                }
                Ok(content) => job_of(content, self.stream, self.terms, self.context.max_payload()),
                Err(wrong) => Err(wrong),
            };
            match job {
                Ok(job) => jobs.push(job),
                Err(wrong) if self.stream.skip_malformed => {
                    let note = format!("line {number} is skipped: {wrong}");
                    self.progress.suspend(|| self.context.output.note(&note));
                    self.tally.skipped += 1;
                }
                Err(wrong) => {
                    malformed = Some(Failure::input(format!("line {number}: {wrong}")));
                    break;
                }
            }
            done = number;
        }
        for pushed in self.queue.push_many(jobs)? {
            *(if pushed.is_new { &mut self.tally.pushed } else { &mut self.tally.existing }) += 1;
        }
        self.tally.lines = self.tally.lines.max(done);
        malformed.map_or(Ok(()), Err)
    }

    /// Answers with what was done, however it ended.
    fn conclude(self, result: Result<(), Failure>, interrupts: &Interrupts) -> Result<(), Failure> {
        let (output, tally) = (self.context.output, &self.tally);
        match result {
            Err(failure) => {
                if output.is_json() {
                    output.json_lines([tally])?;
                }
                Err(failure.followed_by(&format!("{}, {}", tally.sentence(), tally.resume_hint())))
            }
            Ok(()) => {
                output.answer(tally, || match tally.interrupted {
                    true => {
                        format!("interrupted: {}, {}", tally.sentence(), tally.resume_hint())
                    }
                    false => tally.sentence(),
                })?;
                match interrupts.exit_code() {
                    Some(code) if tally.interrupted => Err(Failure::silent(code)),
                    _ => Ok(()),
                }
            }
        }
    }
}

//! A scenario, call by call.

use std::collections::HashMap;

use fairlane::{Backoff, Dethrottler, NewJob, Queue, QueueOptions, Result, Token};

use super::background::Background;
use super::bench::Bench;
use super::jobs::new_job;
use super::line::Line;
use super::names::Names;
use super::show::{Answer, Show};

/// The handle of a call that names none.
const QUEUE: &str = "queue";

/// Runs a scenario and writes it down again with the answers that come.
pub fn transcript(scenario: &str, bench: Bench<'_>) -> String {
    let mut run = Run::new(bench);
    let mut written = String::with_capacity(scenario.len());
    for line in scenario.lines().filter(|line| !line.starts_with(['=', '-', '!'])) {
        written.push_str(line);
        written.push('\n');
        if line.starts_with("job ") {
            run.jobs.push(line.to_owned());
        } else if !(line.is_empty() || line.starts_with('#') || line.starts_with("needs ")) {
            written.push_str(&run.answer(line));
        }
    }
    run.queues.values().for_each(Queue::close);
    written
}

/// A scenario that runs.
pub(super) struct Run<'a> {
    pub bench: Bench<'a>,
    pub names: Names,
    pub dethrottlers: HashMap<String, Dethrottler>,
    pub backoffs: HashMap<String, Backoff>,
    pub backgrounds: HashMap<String, Background>,
    queues: HashMap<String, Queue>,
    /// The lines of jobs that the next call takes.
    jobs: Vec<String>,
}

impl<'a> Run<'a> {
    fn new(bench: Bench<'a>) -> Self {
        Self {
            bench,
            names: Names::default(),
            dethrottlers: HashMap::new(),
            backoffs: HashMap::new(),
            backgrounds: HashMap::new(),
            queues: HashMap::new(),
            jobs: Vec::new(),
        }
    }

    /// Makes a call and gives the lines of its answer.
    fn answer(&mut self, text: &str) -> String {
        let mut line = Line::parse(text);
        let handle = line.raw("on").unwrap_or(QUEUE);
        match self.call_any(handle, &mut line) {
            Ok(answer) => {
                line.finish();
                answer.lines()
            }
            Err(error) => format!("{}\n", Show { names: &self.names, handle }.error(&error)),
        }
    }

    fn call_any(&mut self, handle: &str, line: &mut Line<'_>) -> Result<Answer> {
        if line.verb == "open" {
            return self.open(line);
        }
        if line.verb == "background" {
            let made = Background::new(&self.queues[handle], line)?;
            self.backgrounds.insert(line.raw("as").expect("a name").to_owned(), made);
            return Ok(Answer::ok());
        }
        if let Some(answer) = self.call_background(line) {
            return answer;
        }
        if let Some(queue) = self.queues.get(handle).cloned()
            && let Some(answer) = self.call(&queue, handle, line)?
        {
            return Ok(answer);
        }
        self.call_pure(line)
    }

    fn open(&mut self, line: &mut Line<'_>) -> Result<Answer> {
        let plain = QueueOptions::default();
        let handle = line.raw("as").unwrap_or(QUEUE);
        let name = line.text("name").unwrap_or_else(|| handle.to_owned());
        let durability = line.text("durability").map(|name| name.parse()).transpose()?;
        let options = QueueOptions {
            durability: durability.unwrap_or(plain.durability),
            create: line.truth("create").unwrap_or(plain.create),
            keep_leases: line.truth("keep_leases").unwrap_or(plain.keep_leases),
            max_payload: line.count("max_payload").unwrap_or(plain.max_payload),
            max_failed: line.count("max_failed").map_or(plain.max_failed, |most| most as u64),
            busy_timeout: line.duration("busy_timeout")?.unwrap_or(plain.busy_timeout),
            ..plain
        };
        let queue = self.bench.open(line.text("url"), &name, options)?;
        self.queues.insert(handle.to_owned(), queue);
        Ok(Answer::ok())
    }

    /// Makes the jobs of the lines before this call.
    pub fn take_jobs(&mut self) -> Result<Vec<NewJob>> {
        let lines = std::mem::take(&mut self.jobs);
        lines.iter().map(|text| self.job(&mut Line::parse(text))).collect()
    }

    pub fn job(&self, line: &mut Line<'_>) -> Result<NewJob> {
        let job = new_job(line, &self.names)?;
        line.finish();
        Ok(job)
    }

    pub fn tokens(&self, line: &mut Line<'_>) -> Result<Vec<Token>> {
        let tokens = line.list("tokens").expect("tokens");
        tokens.into_iter().map(|token| self.names.resolve(token).parse()).collect()
    }
}

//! `fairlane demo`: what fairness and limits do, measured on this machine.

use std::path::Path;

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::table;
use crate::clock::Millis;
use crate::interrupts::{Afterwards, Interrupts};

use live::{LOOK, Live};
use measure::{Start, busiest_window, waits};
use pass::{Lanes, Pass, WORKERS};
use tenants::{LIMIT, Tenant};

mod live;
mod measure;
mod pass;
mod tenants;

/// How large the demo is.
#[derive(Debug, Args)]
#[command(after_long_help = "\
A noisy tenant pushes 10,000 jobs at once, three small ones push a job now and then, and one tenant is \
limited to 10 jobs a second. The same work is done twice in a temporary file, first through one plain \
first-in first-out lane, then with a lane for each tenant. Takes about 15 seconds and leaves nothing \
behind.")]
pub(super) struct Arguments {
    /// How many jobs the noisy tenant pushes
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    jobs: usize,
}

/// What was measured; as JSON, the answer.
#[derive(Debug, Serialize)]
struct Findings {
    workers: usize,
    lanes: Vec<Lane>,
    limit_per_second: i64,
    /// The most starts of the limited tenant within any second.
    fifo_most_in_a_second: usize,
    fair_most_in_a_second: usize,
}

#[derive(Debug, Serialize)]
struct Lane {
    lane: &'static str,
    jobs: usize,
    fifo_wait_p50_ms: Millis,
    fifo_wait_p99_ms: Millis,
    fair_wait_p50_ms: Millis,
    fair_wait_p99_ms: Millis,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let folder = tempfile::Builder::new()
        .prefix("fairlane-demo-")
        .tempdir()
        .map_err(|error| Failure::system(format!("cannot make a temporary folder: {error}")))?;
    let tenants = tenants::all(arguments.jobs);
    let interrupts = Interrupts::listen(Afterwards::Ignore, |_| {})?;
    let demo = Demo { context, tenants: &tenants, interrupts: &interrupts, folder: folder.path() };
    demo.say(&demo.introduction())?;
    demo.say("1. All in one lane, first in, first out:")?;
    let fifo = demo.pass(Lanes::One)?;
    demo.say("2. The same again, a lane for each tenant:")?;
    let fair = demo.pass(Lanes::OneATenant)?;
    let findings = demo.findings(&fifo, &fair);
    context.output.answer(&findings, || findings.show())
}

struct Demo<'a> {
    context: &'a Context,
    tenants: &'a [Tenant],
    interrupts: &'a Interrupts,
    folder: &'a Path,
}

impl Demo<'_> {
    fn introduction(&self) -> String {
        let jobs = |tenant: &Tenant| format!("{} {}", tenant.name, tenant.jobs);
        let tenants: Vec<_> = self.tenants.iter().map(jobs).collect();
        format!(
            "Jobs of each tenant: {}. The limited one may start {LIMIT} a second.\n\
             {WORKERS} workers need 2 ms for a job. The queue is one file, no server runs.\n",
            tenants.join(", ")
        )
    }

    /// Says something to people on the way.
    fn say(&self, text: &str) -> Result<(), Failure> {
        if self.context.output.is_json() { Ok(()) } else { self.context.output.text(text) }
    }

    fn pass(&self, lanes: Lanes) -> Result<Vec<Start>, Failure> {
        let name = if lanes == Lanes::One { "fifo" } else { "fair" };
        let queue = self.context.open_at(&self.folder.join("demo.db"), name)?;
        let mut live = Live::new(self.context.output, self.tenants);
        let mut shown = Ok(());
        let pass = Pass::new(&queue, lanes, self.tenants, self.interrupts);
        let starts = pass.run(LOOK, |pass| {
            if shown.is_ok() {
                shown = live.look(pass);
            }
        })?;
        shown?;
        self.say("")?;
        match self.interrupts.exit_code() {
            Some(code) => Err(Failure::silent(code)),
            None => Ok(starts),
        }
    }

    fn findings(&self, fifo: &[Start], fair: &[Start]) -> Findings {
        let lane = |(place, tenant): (usize, &Tenant)| {
            let (fifo, fair) = (waits(fifo, place), waits(fair, place));
            Lane {
                lane: tenant.name,
                jobs: tenant.jobs,
                fifo_wait_p50_ms: fifo.p50,
                fifo_wait_p99_ms: fifo.p99,
                fair_wait_p50_ms: fair.p50,
                fair_wait_p99_ms: fair.p99,
            }
        };
        let limited = self.tenants.iter().position(|tenant| tenant.is_limited).unwrap_or_default();
        Findings {
            workers: WORKERS,
            lanes: self.tenants.iter().enumerate().map(lane).collect(),
            limit_per_second: LIMIT,
            fifo_most_in_a_second: busiest_window(fifo, limited, 1_000),
            fair_most_in_a_second: busiest_window(fair, limited, 1_000),
        }
    }
}

impl Findings {
    fn show(&self) -> String {
        let headers = ["waiting time", "jobs", "FIFO p50", "FIFO p99", "fair p50", "fair p99"];
        let mut table = table(&headers, |column| column > 0);
        for lane in &self.lanes {
            table.add_row([
                lane.lane.to_owned(),
                lane.jobs.to_string(),
                format!("{} ms", lane.fifo_wait_p50_ms),
                format!("{} ms", lane.fifo_wait_p99_ms),
                format!("{} ms", lane.fair_wait_p50_ms),
                format!("{} ms", lane.fair_wait_p99_ms),
            ]);
        }
        format!(
            "{}\n\nMost starts of the limited tenant in any one second: {} (FIFO: {}), allowed are \
             {}. It waits for its own limit, and nobody waits for it.\n\n\
             Next, with a queue of your own in fairlane.db:\n  \
             fairlane push 'hello' --lane tenant-7\n  fairlane work --until-empty -- cat",
            table.trim_fmt(),
            self.fair_most_in_a_second,
            self.fifo_most_in_a_second,
            self.limit_per_second,
        )
    }
}

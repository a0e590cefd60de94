//! `fairlane work`: runs a command once a job; a durable, fair, rate-limited xargs.
//!
//! Who does what: a [`Worker`] pops, extends leases and ends deliveries; its handler runs the command
//! ([`handler`]) and its observer tells how each delivery ended ([`report`]). One thread of `work`
//! sees to it that what was told to end does end ([`commands`]); the signal thread only marks there
//! what is to end.

use std::ffi::OsString;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::times::{parse_interval, parse_span};
use crate::interrupts::{Afterwards, Interrupts};
use crate::queue::Queue;
use crate::worker::{Delivery, Worker};

use child::Program;
use commands::Commands;
use handler::Handler;
use report::Report;

mod child;
mod commands;
mod handler;
mod report;
mod tail;

/// What to run, and how.
#[derive(Debug, Args)]
#[command(after_long_help = "\
The command gets the payload on standard input and in its environment FAIRLANE_ID, FAIRLANE_LANE, \
FAIRLANE_TRY, FAIRLANE_MAX_TRIES, FAIRLANE_TOKEN, FAIRLANE_HEADERS (JSON), FAIRLANE_QUEUE and \
FAIRLANE_URL; the last two also lead a `fairlane push` within it to this queue. If the job has a \
header traceparent, TRACEPARENT, TRACESTATE and BAGGAGE are those of the job. How it ends decides:

  exit 0            the job is done
  exit 100          the job failed for good and goes to the dead (fairlane failed list)
  any other exit    the try failed: the job comes again after its backoff, with the end of standard
                    error kept as the reason, and is dead when its tries are spent
  a signal          like a failed try
  not found         fairlane stops; the jobs are given back untried

The lease is extended while the command runs. If it is lost nevertheless (the job was cancelled, or \
the machine slept for longer than the lease) the command's process group gets SIGTERM, and SIGKILL \
after the time of grace.

A job may run twice: if fairlane itself is killed, its jobs go to other workers at once, but the \
commands it has started go on.

Ctrl-C (or SIGTERM) starts no more jobs and waits for those that run; a second one ends them as above \
and gives their jobs back untried; a third one kills them at once.

With --json each ended job is one line on standard output, and the command's own standard output goes \
to standard error. fairlane exits with 0 even if jobs failed.

Examples:
  fairlane work -- ./handle
  fairlane work -j 8 --until-empty -- sh -c 'convert \"$(cat)\" -resize 200 thumbs/$FAIRLANE_ID.jpg'
  fairlane work -j 4 -- curl -sf --json @- https://example.com/hook")]
pub(super) struct Arguments {
    /// The command and its arguments
    #[arg(required = true, last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
    /// How many commands to run at once
    #[arg(short = 'j', long, value_name = "COUNT", default_value = "1")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1024))]
    concurrency: u16,
    /// How long after this program died without a trace its jobs go to others at the latest
    #[arg(short, long, value_name = "TIME", default_value = "2m", value_parser = parse_interval)]
    lease: Duration,
    /// Exit when no job of the queue is ready, delayed or in flight with any worker any more; the
    /// jobs of paused lanes are waited for
    #[arg(long)]
    until_empty: bool,
    /// Exit when that many jobs were started
    #[arg(short = 'n', long, value_name = "COUNT")]
    limit: Option<u64>,
    /// How long to let a command that was told to end tidy up before it is killed
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = parse_span)]
    grace: Duration,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let queue = context.open()?;
    let program = Program::new(context, &arguments.command)
        .map_err(|error| Failure::system(format!("cannot name this folder: {error}")))?;
    let commands = Commands::new(arguments.grace);
    let report = Report::new(context.output);
    let handler = Arc::new(Handler { program, commands, report });
    let worker = Arc::new_cyclic(|worker| make_worker(&queue, arguments, &handler, worker.clone()));
    let interrupts = Interrupts::listen(Afterwards::Ignore, {
        let (worker, handler) = (Arc::clone(&worker), Arc::clone(&handler));
        move |count| {
            worker.drain();
            handler.interrupt(count);
        }
    })?;
    let result = work(&worker, &handler.commands, &interrupts);
    let concluded = handler.report.conclude();
    result?;
    interrupts.exit_code().map_or(concluded, |code| Err(Failure::silent(code)))
}

fn make_worker(
    queue: &Queue,
    arguments: &Arguments,
    handler: &Arc<Handler>,
    worker: Weak<Worker>,
) -> Worker {
    let observer = Arc::clone(handler);
    let handler = Arc::clone(handler);
    let stop = move || worker.upgrade().iter().for_each(|worker| worker.drain());
    let mut made = Worker::new(queue, move |delivery: &Delivery| handler.handle(delivery, &stop))
        .observer(move |event| observer.observe(event))
        .concurrency(arguments.concurrency.into())
        .lease(arguments.lease)
        .max_jobs(arguments.limit.unwrap_or(u64::MAX));
    if arguments.until_empty {
        made = made.until_empty();
    }
    made
}

/// Works until there is a reason to stop, and until what was started has ended.
fn work(worker: &Worker, commands: &Commands, interrupts: &Interrupts) -> Result<(), Failure> {
    thread::scope(|scope| {
        let watch = thread::Builder::new().name("fairlane-grace".into());
        watch
            .spawn_scoped(scope, || commands.watch())
            .map_err(|error| Failure::system(format!("no thread to watch commands: {error}")))?;
        let result = worker.start().and_then(|()| {
            // One that came before the start has stopped nothing.
            if interrupts.count() > 0 {
                worker.drain();
            }
            worker.wait()
        });
        commands.close();
        result?;
        commands.take_failure().map_or(Ok(()), |reason| Err(Failure::system(reason)))
    })
}

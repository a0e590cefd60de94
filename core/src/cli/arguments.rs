//! The line of arguments: what all commands share, and the list of commands.

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::{
    cancel, complete, demo, extend, fail, failed, get, lanes, limit, metrics, peek, pop, purge,
    push, release, result, retry, schedule, target, throttle, unschedule, work,
};

/// Fair, durable, rate-limited job queues: in one file, or on Redis.
#[derive(Debug, Parser)]
#[command(
    name = "fairlane",
    version,
    arg_required_else_help = true,
    long_about = "\
Fair, durable, rate-limited job queues: in one file, or on Redis.

A queue holds jobs in lanes, one lane a tenant. Lanes take turns, so that 100,000 jobs in one lane \
do not delay a single job in another; each lane can have its own exact rate limit.",
    after_long_help = "\
Examples:
  fairlane demo                                       See it at work, with nothing to set up
  fairlane push 'hello' --lane tenant-7               Push a job
  fairlane push --json-lines --lane-field tenant <jobs.jsonl
  fairlane work -j 4 -- ./handle                      Run ./handle once a job, four at a time
  fairlane limit tenant-7 --tps 10                    At most 10 starts in any second
  fairlane lanes --watch                              Look on

Exit codes:
  0    Done
  1    Error
  2    Usage: an argument was not accepted, nothing was changed
  3    Nothing to do: no job to pop, no job of that id
  130  Interrupted by Ctrl-C (by another signal: 128 and its number)

Errors are one sentence on standard error; with --json, an object {\"error\": {\"code\": ..., \
\"message\": ...}} whose code is one of the library's (InvalidArgument, StaleToken, QueueFull ...) or \
Input, Nothing, System. With --json every answer on standard output is one JSON object a line; ids and \
tokens are strings, names that end in _ms are milliseconds (moments since 1970)."
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(super) struct Common {
    /// Where the queue is: a file, sqlite:PATH, or the URL of a Redis server (redis://HOST)
    #[arg(short, long, global = true, env = "FAIRLANE_URL", default_value = "fairlane.db")]
    pub(super) url: String,
    /// The queue's name within that place
    #[arg(short, long, global = true, env = "FAIRLANE_QUEUE", default_value = "default")]
    pub(super) queue: String,
    /// Answer in JSON, one object a line
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// What a pushed job survives
    #[arg(long, global = true, value_enum, default_value_t, value_name = "LEVEL")]
    pub(super) durability: DurabilityChoice,
}

/// The levels of durability.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum DurabilityChoice {
    /// Survives kill -9 and power loss
    #[default]
    Full,
    /// Faster; a power loss may take the last milliseconds
    Normal,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// See fairness and limits at work, with nothing to set up
    Demo(demo::Arguments),
    /// Push one job, or a stream of lines
    Push(Box<push::Arguments>),
    /// Run a command once a job: a durable, fair, rate-limited xargs
    Work(work::Arguments),
    /// Count the queue's jobs, lanes and deeds
    Stats,
    /// Print the queue's counts for Prometheus
    Metrics(metrics::Arguments),
    /// List the lanes: what waits, what runs, what holds them back
    Lanes(lanes::Arguments),
    /// Show or set limits: rate, jobs in flight, weight, jobs waiting
    Limit(limit::Arguments),
    /// Start no job of a lane for a while, as after a provider's "429 Too Many Requests"
    Throttle(throttle::Arguments),
    /// Start no more jobs of a lane until it is resumed; jobs in flight go on
    Pause(target::Target),
    /// Start jobs of a paused lane again
    Resume(target::Target),
    /// Wake at once what is due and ring idle workers; never needed, never harmful
    Dethrottle,
    /// Look at every row and mend counters and indexes that are wrong, while the queue is at work
    Repair,
    /// Look at the next jobs of a lane without taking them
    Peek(peek::Arguments),
    /// Look at a job
    Get(get::Arguments),
    /// Print the result that a job has left
    Result(result::Arguments),
    /// Remove jobs, whatever their state, with the jobs that wait for them
    Cancel(cancel::Arguments),
    /// Remove all waiting jobs of a lane; jobs in flight and dead jobs stay
    Purge(purge::Arguments),
    /// List, restore or forget dead jobs
    #[command(subcommand)]
    Failed(failed::Deed),
    /// Push a job every so often, or by the calendar
    Schedule(Box<schedule::Arguments>),
    /// List the schedules: what they push, when they tick next
    Schedules,
    /// End a schedule; jobs that it has pushed stay
    Unschedule(unschedule::Arguments),
    /// Take a job, for scripts: print its payload and its token
    Pop(pop::Arguments),
    /// End a delivery: the job is done
    Complete(complete::Arguments),
    /// End a delivery: the try failed, the job comes again after its backoff
    Retry(retry::Arguments),
    /// End a delivery: give the job back untried
    Release(release::Arguments),
    /// End a delivery: the job failed for good and goes to the dead
    Fail(fail::Arguments),
    /// Make the lease of a delivery last longer
    Extend(extend::Arguments),
}

//! The program `fairlane`, as a call: the binary and the Python package's script both make it.
//!
//! One file a command, each with its arguments and its deed. A command gets a `Context`
//! (where the queue is, how to print) and gives `Ok` or a `Failure`, which knows its exit
//! code and its sentence.

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;

use arguments::{Cli, Command};
use context::Context;
use failure::{Failure, OK, USAGE};

mod arguments;
mod confirm;
mod context;
mod failure;
mod input;
mod output;
mod screen;
mod target;
mod times;
mod view;

mod cancel;
mod complete;
mod demo;
mod dethrottle;
mod extend;
mod fail;
mod failed;
mod get;
mod lanes;
mod limit;
mod metrics;
mod pause;
mod peek;
mod pop;
mod purge;
mod push;
mod release;
mod repair;
mod result;
mod resume;
mod retry;
mod schedule;
mod schedules;
mod stats;
mod throttle;
mod unschedule;
mod work;

/// Runs the program with these arguments, the program's own name first, and gives its exit code:
/// 0 done, 1 error, 2 usage, 3 nothing to do, 130 interrupted.
///
/// Reads standard input and writes standard output and standard error. Never ends the process.
/// Commands that must tidy up take over SIGINT and SIGTERM from then on; a host that has handlers of
/// its own puts both back to the default before the call.
pub fn run(arguments: Vec<OsString>) -> i32 {
    let wants_json = asks_for_json(&arguments);
    let code = match Cli::try_parse_from(arguments) {
        Ok(cli) => {
            let context = Context::new(cli.common);
            match execute(&context, cli.command) {
                Ok(()) => OK,
                Err(failure) => failure.report(context.output.is_json()),
            }
        }
        Err(error) if error.use_stderr() && wants_json => {
            let text = error.to_string();
            let sentence = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            Failure::usage(sentence).report(true)
        }
        Err(error) => {
            let code = if error.use_stderr() { USAGE } else { OK };
            // Nothing can be told to anybody if even this cannot be written.
            let _ = error.print();
            code
        }
    };
    let _ = std::io::stdout().flush();
    code
}

/// Looks for `--json` before clap has read the line, so that a line it refuses is answered in kind.
fn asks_for_json(arguments: &[OsString]) -> bool {
    arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json")
}

fn execute(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(arguments) => demo::run(context, &arguments),
        Command::Push(arguments) => push::run(context, &arguments),
        Command::Work(arguments) => work::run(context, &arguments),
        Command::Stats => stats::run(context),
        Command::Metrics(arguments) => metrics::run(context, &arguments),
        Command::Lanes(arguments) => lanes::run(context, &arguments),
        Command::Pause(target) => pause::run(context, &target),
        Command::Resume(target) => resume::run(context, &target),
        Command::Limit(arguments) => limit::run(context, &arguments),
        Command::Throttle(arguments) => throttle::run(context, &arguments),
        Command::Dethrottle => dethrottle::run(context),
        Command::Repair => repair::run(context),
        Command::Peek(arguments) => peek::run(context, &arguments),
        Command::Get(arguments) => get::run(context, &arguments),
        Command::Result(arguments) => result::run(context, &arguments),
        Command::Cancel(arguments) => cancel::run(context, &arguments),
        Command::Purge(arguments) => purge::run(context, &arguments),
        Command::Failed(arguments) => failed::run(context, arguments),
        Command::Schedule(arguments) => schedule::run(context, &arguments),
        Command::Schedules => schedules::run(context),
        Command::Unschedule(arguments) => unschedule::run(context, &arguments),
        Command::Pop(arguments) => pop::run(context, &arguments),
        Command::Complete(arguments) => complete::run(context, &arguments),
        Command::Retry(arguments) => retry::run(context, &arguments),
        Command::Release(arguments) => release::run(context, &arguments),
        Command::Fail(arguments) => fail::run(context, &arguments),
        Command::Extend(arguments) => extend::run(context, &arguments),
    }
}

//! Measures the embedded store beside a hand-written rusqlite loop and the disk itself, in one run.
//! See the README beside this crate.

mod bare;
mod child;
mod disk;
mod ours;
mod report;
mod rounds;
mod rows;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Parser;

use crate::rounds::Rounds;
use crate::rows::{ROWS, Scale};

/// Measures the embedded store beside a hand-written rusqlite loop and the disk itself.
#[derive(Debug, Parser)]
struct Arguments {
    /// Measures only rows whose name contains one of these; all by default.
    rows: Vec<String>,
    /// Measures for a shorter time and on smaller queues; the numbers are rough.
    #[arg(long)]
    quick: bool,
    /// Exits with 1 if a bound does not hold.
    #[arg(long)]
    strict: bool,
    /// Lists the names of the rows.
    #[arg(long)]
    list: bool,
    /// Puts the files there; the file system is part of what is measured.
    #[arg(long, default_value = ".")]
    directory: PathBuf,
    /// Plays a part in a row of several processes.
    #[arg(long, hide = true)]
    child: Option<String>,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Some(part) = &arguments.child {
        child::play(serde_json::from_str(part)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = |name: &str| {
        arguments.rows.is_empty() || arguments.rows.iter().any(|part| name.contains(part.as_str()))
    };
    let rows: Vec<_> = ROWS.iter().filter(|(name, _)| chosen(name)).collect();
    ensure!(!rows.is_empty(), "no row has a name with {:?} in it: see --list", arguments.rows);
    if arguments.list {
        rows.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(ExitCode::SUCCESS);
    }
    let scale = match arguments.quick {
        true => Scale {
            rounds: Rounds { count: 7, slice: Duration::from_millis(60) },
            jobs: 100_000,
            seconds: 2,
            samples: 200,
        },
        false => Scale {
            rounds: Rounds { count: 31, slice: Duration::from_millis(100) },
            jobs: 1_000_000,
            seconds: 10,
            samples: 1_000,
        },
    };
    let (mut lines, mut is_whole) = (Vec::new(), true);
    for (name, row) in rows {
        eprintln!("{name} ...");
        // A directory a row: no row inherits another's pages or checkpoints.
        let directory =
            tempfile::Builder::new().prefix(".bench-").tempdir_in(&arguments.directory)?;
        match row(directory.path(), scale) {
            Ok(more) => lines.extend(more),
            // The other rows are worth the time they took.
            Err(error) => {
                eprintln!("{name} was not measured: {error:#}");
                is_whole = false;
            }
        }
    }
    report::print(&lines);
    let is_fine = is_whole && (!arguments.strict || lines.iter().all(report::Line::holds));
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

//! Asking before something is lost.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;

use crate::cli::failure::{ERROR, Failure};

/// Whether the question is answered already.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Consent {
    /// Do not ask; needed where there is no terminal to ask on
    #[arg(short, long)]
    yes: bool,
}

impl Consent {
    /// Asks on the terminal whether to do it; anything but a yes ends the command.
    pub(super) fn ask(self, deed: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(Failure::usage(format!("to {deed} without a terminal, say --yes")));
        }
        let mut answer = String::new();
        write!(io::stderr(), "fairlane: {deed}? [y/N] ")?;
        io::stdin().lock().read_line(&mut answer)?;
        if matches!(answer.trim(), "y" | "Y" | "yes") {
            return Ok(());
        }
        Err(Failure::silent(ERROR))
    }
}

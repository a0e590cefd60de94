//! The program `fairlane`; everything is in [`fairlane::cli`].

use std::process::exit;

fn main() {
    exit(fairlane::cli::run(std::env::args_os().collect()));
}

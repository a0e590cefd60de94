//! The Rust runner of the conformance scenarios; `tests/conformance/README.md` is what it follows.

mod background;
mod bench;
mod jobs;
mod line;
mod names;
mod pure;
mod run;
mod schedules;
mod show;
mod text;
mod verbs;

pub use bench::{Bench, Place};
pub use run::transcript;

use std::fs;
use std::path::PathBuf;

/// A scenario, as it lies in its file.
pub struct Scenario {
    /// The file.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

impl Scenario {
    /// Reads all scenarios, by name.
    pub fn all() -> Vec<Self> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/scenarios");
        let entries = fs::read_dir(folder).expect("scenarios");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
        paths.sort();
        let read = |path: PathBuf| Self { text: fs::read_to_string(&path).expect("UTF-8"), path };
        paths.into_iter().map(read).collect()
    }

    /// Gives the name of the file without its ending.
    pub fn name(&self) -> String {
        self.path.file_stem().expect("a name").to_string_lossy().into_owned()
    }
}

//! The shim between a process and its disk: built, put in place, read.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::control::Control;
use super::recording::Recording;

/// A directory whose writes are recorded and can be made to fail, for the processes started by
/// [`Shim::command`].
pub struct Shim {
    /// Holds the library, the log and the control page; removed with the shim.
    tools: TempDir,
    dir: TempDir,
}

impl Shim {
    /// Builds the shim and makes an empty directory for it to watch.
    pub fn new() -> Self {
        let tools = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("faults/shim.c");
        let built = Command::new("cc")
            .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC", "-o"])
            .arg(tools.path().join("shim.so"))
            .arg(source)
            .arg("-pthread")
            .status()
            .expect("a C compiler, cc");
        assert!(built.success(), "shim.c does not compile");
        Control::create(&tools.path().join("control"));
        Self { tools, dir: tempfile::tempdir().unwrap() }
    }

    /// Gives the path of a file in the watched directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Gives a command whose process has the shim under it.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("LD_PRELOAD", self.tools.path().join("shim.so"))
            .env("FAIRLANE_SHIM_DIR", self.dir())
            .env("FAIRLANE_SHIM_LOG", self.tools.path().join("log"))
            .env("FAIRLANE_SHIM_CONTROL", self.control_path());
        command
    }

    /// Gives the path of the control page, for a process that turns its own faults on and off.
    pub fn control_path(&self) -> PathBuf {
        self.tools.path().join("control")
    }

    /// Opens the control page.
    pub fn control(&self) -> Control {
        Control::open(&self.control_path())
    }

    /// Reads what was recorded so far.
    pub fn recording(&self) -> Recording {
        Recording::read(&self.tools.path().join("log"), &self.dir())
    }

    fn dir(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }
}

impl Default for Shim {
    fn default() -> Self {
        Self::new()
    }
}

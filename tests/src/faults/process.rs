//! Processes to kill: what a test starts, and what the started program then does.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::bare::Bare;
use super::server::Server;

/// What a started process is to do: the one argument of the program `fault_process`, as JSON.
#[derive(Debug, Serialize, Deserialize)]
pub enum Role {
    /// Uses a queue at random and keeps a ledger.
    Act(Actor),
    /// Does what it is told through its standard input.
    Serve(Server),
    /// Writes a table without fairlane.
    Bare(Bare),
}

impl Role {
    /// Plays the role to its end.
    pub fn play(self) {
        match self {
            Self::Act(actor) => actor.play(),
            Self::Serve(server) => server.play(),
            Self::Bare(bare) => bare.play(),
        }
    }

    /// Adds the role to a command of the program.
    pub fn add_to(&self, command: &mut Command) {
        command.arg(serde_json::to_string(self).unwrap());
    }
}

/// A process that is killed, if it still runs, when the value is dropped.
pub struct Process(Child);

impl Process {
    /// Starts the program in a role.
    pub fn start(program: &str, role: &Role) -> Self {
        let mut command = Command::new(program);
        role.add_to(&mut command);
        Self::spawn(command.stdin(Stdio::null()))
    }

    /// Starts a command.
    pub fn spawn(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Kills the process as `kill -9` does, and waits until it is gone; tells whether it still ran.
    pub fn kill(&mut self) -> bool {
        if self.0.try_wait().unwrap().is_some() {
            return false;
        }
        kill(self.pid(), Signal::SIGKILL).unwrap();
        let status = self.0.wait().unwrap();
        std::os::unix::process::ExitStatusExt::signal(&status) == Some(Signal::SIGKILL as i32)
    }

    /// Stops the process: it holds what it holds, and does nothing, until [`Process::thaw`].
    pub fn freeze(&self) {
        kill(self.pid(), Signal::SIGSTOP).unwrap();
    }

    /// Lets the process go on.
    pub fn thaw(&self) {
        kill(self.pid(), Signal::SIGCONT).unwrap();
    }

    /// Waits until the process has ended by itself.
    ///
    /// # Panics
    /// If it panicked or was refused something.
    pub fn finish(mut self) {
        let status = self.0.wait().unwrap();
        assert!(status.success(), "process ended with {status}");
    }

    /// Gives the status if the process has ended.
    pub fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.0.try_wait().unwrap()
    }

    /// Gives the CPU time that the process has used, in clock ticks of 10 ms.
    pub fn cpu_ticks(&self) -> u64 {
        let path = format!("/proc/{}/stat", self.0.id());
        let stat = std::fs::read_to_string(Path::new(&path)).unwrap();
        // The name, in brackets, may hold spaces; user and system time are fields 14 and 15.
        let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
        fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }

    pub(super) fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.0.id() as i32)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

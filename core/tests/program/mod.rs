//! Running the real program in a folder of its own.

// Each test file is a crate of its own and uses what it needs.
#![allow(dead_code, clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take: far longer than it does, so that only a hang reaches it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with a queue, and the program to run there.
pub struct Program {
    folder: TempDir,
}

/// What a finished run left.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Gives the JSON objects of standard output, a line each.
    pub fn json_lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{self:?}"));
        self.out.lines().map(parse).collect()
    }

    /// Gives the one JSON object of standard output.
    pub fn json(&self) -> Value {
        let [value] = <[Value; 1]>::try_from(self.json_lines()).unwrap();
        value
    }

    /// Insists that it went well.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }
}

impl Program {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Prepares a run with that line of arguments, split at spaces.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fairlane"));
        command.args(line.split_whitespace()).current_dir(self.folder());
        for name in ["FAIRLANE_URL", "FAIRLANE_QUEUE"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs a line of arguments to the end, without input.
    pub fn run(&self, line: &str) -> Ran {
        self.run_with(line, b"")
    }

    /// Runs a line of arguments to the end, with that input.
    pub fn run_with(&self, line: &str, input: &[u8]) -> Ran {
        let mut running = Running::start(self.command(line));
        running.feed(input);
        running.finish()
    }

    /// Runs a line of arguments with `--json` and gives its one object.
    #[track_caller]
    pub fn json(&self, line: &str) -> Value {
        self.run(&format!("--json {line}")).ok().json()
    }

    /// Starts `work` with these options on a shell script.
    pub fn start_work(&self, options: &str, script: &str) -> Running {
        let mut command = self.command(&format!("work {options} -- sh -c"));
        command.arg(script);
        Running::start(command)
    }

    /// Runs `work` with these options on a shell script to the end, and gives its events.
    #[track_caller]
    pub fn work(&self, options: &str, script: &str) -> Vec<Value> {
        let ran = self.start_work(&format!("--json {options}"), script).finish();
        ran.ok().json_lines()
    }

    /// Makes a file, which a script may wait for.
    pub fn touch(&self, name: &str) {
        std::fs::write(self.path(name), "").unwrap();
    }

    /// Waits for a file that a script makes.
    #[track_caller]
    pub fn wait_for_file(&self, name: &str) {
        wait_until(name, || self.path(name).exists());
    }
}

/// A run under way; killed if it is dropped.
pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    out: Lines,
    err: Lines,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        let out = Lines::of(child.stdout.take().unwrap());
        let err = Lines::of(child.stderr.take().unwrap());
        Self { child, stdin, out, err }
    }

    /// Writes to its input; that it reads no more is no failure.
    pub fn feed(&mut self, input: &[u8]) {
        let _ = self.stdin.as_mut().unwrap().write_all(input);
    }

    /// Writes to its input beside the test, and leaves the input open; that it reads no more is no
    /// failure.
    pub fn feed_beside(&mut self, input: Vec<u8>) -> thread::JoinHandle<ChildStdin> {
        let mut stdin = self.stdin.take().unwrap();
        thread::spawn(move || {
            let _ = stdin.write_all(&input);
            stdin
        })
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Sends its process group a signal, as a terminal does.
    pub fn signal_group(&self, signal: Signal) {
        kill_process_group(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for a line of standard output or standard error that holds `text`, and gives it.
    #[track_caller]
    pub fn wait_for_line(&mut self, text: &str) -> String {
        let mut found = None;
        wait_until(text, || {
            found = self.out.find(text).or_else(|| self.err.find(text));
            found.is_some()
        });
        found.unwrap()
    }

    /// Tells whether it has exited.
    pub fn has_exited(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end by a signal, and gives the signal's number.
    #[track_caller]
    pub fn wait_for_signal(&mut self) -> i32 {
        wait_until("it has ended", || self.has_exited());
        std::os::unix::process::ExitStatusExt::signal(&self.child.wait().unwrap()).unwrap()
    }

    /// Closes its input and waits for its end.
    #[track_caller]
    pub fn finish(mut self) -> Ran {
        drop(self.stdin.take());
        let (out, err) = (self.out.all(), self.err.all());
        let status = self.child.wait().unwrap();
        Ran { code: status.code().unwrap_or(-1), out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream, read as they come.
struct Lines {
    coming: Receiver<String>,
    seen: Vec<String>,
}

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, coming) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                if sender.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { coming, seen: Vec::new() }
    }

    /// Gives the first line so far that holds `text`.
    fn find(&mut self, text: &str) -> Option<String> {
        self.seen.extend(self.coming.try_iter());
        self.seen.iter().find(|line| line.contains(text)).cloned()
    }

    /// Waits for the end and gives everything.
    #[track_caller]
    fn all(&mut self) -> String {
        loop {
            match self.coming.recv_timeout(PATIENCE) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("still running after {PATIENCE:?}: {:?}", self.seen)
                }
            }
        }
        self.seen.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// Waits until something holds.
#[track_caller]
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Gives the field of an object as text.
#[track_caller]
pub fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("no text {field:?} in {value}"))
}

/// Gives the field of an object as a number.
#[track_caller]
pub fn number(value: &Value, field: &str) -> i64 {
    value[field].as_i64().unwrap_or_else(|| panic!("no number {field:?} in {value}"))
}

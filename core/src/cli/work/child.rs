//! One run of the command: started, fed, listened to, waited for.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::cli::context::Context;
use crate::cli::work::tail::Tail;
use crate::headers::Headers;
use crate::job::Job;

/// What a fresh pipe holds on every system: that much can be written to it without blocking.
const PIPE_HOLDS: usize = 4096;
/// How long to listen on after the command has exited, in case that a child of its own still holds
/// its standard error.
const LISTEN_ON: Duration = Duration::from_millis(500);
/// The headers of a trace, and the variables that carry them from process to process.
const TRACE_VARIABLES: [(&str, &str); 3] =
    [("traceparent", "TRACEPARENT"), ("tracestate", "TRACESTATE"), ("baggage", "BAGGAGE")];
/// Makes of a command a process group of its own.
#[cfg(windows)]
const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;

/// What to run for each job.
#[derive(Debug)]
pub(super) struct Program {
    /// The command and its arguments.
    command: Vec<OsString>,
    queue: String,
    url: OsString,
    /// Standard output is for the report.
    is_quiet: bool,
}

impl Program {
    pub(super) fn new(context: &Context, command: &[OsString]) -> io::Result<Self> {
        Ok(Self {
            command: command.to_vec(),
            queue: context.common.queue.clone(),
            url: context.absolute_url()?,
            is_quiet: context.output.is_json(),
        })
    }

    /// Gives the name of the command.
    pub(super) fn name(&self) -> &OsStr {
        self.command.first().map_or(OsStr::new(""), |name| name)
    }
}

/// A command that runs.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    tail: Arc<Mutex<Tail>>,
    /// Closes when standard error has ended.
    listening: Receiver<()>,
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Exit {
    pub(super) status: ExitStatus,
    /// The end of what it wrote to standard error.
    pub(super) complaint: String,
}

/// The process group of a command; on Windows, the command and what it has started.
#[derive(Debug)]
pub(super) struct Group {
    #[cfg(unix)]
    id: rustix::process::Pid,
    #[cfg(windows)]
    id: u32,
}

impl Process {
    /// Starts the command for a job, in a process group of its own: the terminal's Ctrl-C is for
    /// fairlane alone.
    pub(super) fn start(program: &Program, job: &Job) -> io::Result<Self> {
        let mut command = Command::new(program.name());
        command
            .args(program.command.iter().skip(1))
            .env("FAIRLANE_ID", job.id.to_string())
            .env("FAIRLANE_LANE", &job.lane)
            .env("FAIRLANE_TRY", job.tries.to_string())
            .env("FAIRLANE_MAX_TRIES", job.max_tries.to_string())
            .env("FAIRLANE_TOKEN", job.token.to_string())
            .env("FAIRLANE_QUEUE", &program.queue)
            .env("FAIRLANE_URL", &program.url)
            .env("FAIRLANE_HEADERS", serde_json::to_string(&job.headers)?)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped());
        continue_trace(&mut command, &job.headers);
        if program.is_quiet {
            command.stdout(Stdio::from(io::stderr()));
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        #[cfg(windows)]
        std::os::windows::process::CommandExt::creation_flags(
            &mut command,
            CREATE_NEW_PROCESS_GROUP,
        );
        let mut child = command.spawn()?;
        let tail = Arc::default();
        match attach(&mut child, &tail, &job.payload) {
            Ok(listening) => Ok(Self { child, tail, listening }),
            Err(error) => {
                // Unfed and unheard it must not run; that it may have ended is no failure.
                let _ = child.kill();
                child.wait()?;
                Err(error)
            }
        }
    }

    /// Gives the command's process group.
    pub(super) fn group(&self) -> Group {
        Group {
            #[cfg(unix)]
            id: rustix::process::Pid::from_child(&self.child),
            #[cfg(windows)]
            id: self.child.id(),
        }
    }

    /// Waits until the command has exited but leaves its number taken, so that nobody can signal
    /// another process by it.
    #[cfg(unix)]
    pub(super) fn wait_for_exit(&mut self) -> io::Result<()> {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        let id = WaitId::Pid(Pid::from_child(&self.child));
        loop {
            match waitid(id.clone(), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
                Err(rustix::io::Errno::INTR) => {}
                result => return Ok(result.map(drop)?),
            }
        }
    }

    /// Waits until the command has exited. Its number is taken until this value is dropped.
    #[cfg(windows)]
    pub(super) fn wait_for_exit(&mut self) -> io::Result<()> {
        self.child.wait().map(drop)
    }

    /// Waits until the command has exited, and tells how.
    pub(super) fn reap(mut self) -> io::Result<Exit> {
        let status = self.child.wait()?;
        // Ended or not: what is there by now is what there is to tell.
        let _ = self.listening.recv_timeout(LISTEN_ON);
        let complaint = self.tail.lock().unwrap_or_else(PoisonError::into_inner).text();
        Ok(Exit { status, complaint })
    }
}

/// Hands on the trace that the push was part of, by the names that the convention gives. Of a trace
/// that fairlane itself was started in nothing is mixed with it.
fn continue_trace(command: &mut Command, headers: &Headers) {
    if !headers.contains_key("traceparent") {
        return;
    }
    for (header, variable) in TRACE_VARIABLES {
        // What holds a NUL is of no trace, and no variable could hold it.
        match headers.get(header).filter(|value| !value.contains('\0')) {
            Some(value) => command.env(variable, value),
            None => command.env_remove(variable),
        };
    }
}

/// Connects a command that has started: standard error to the tail, the payload to its input. The
/// channel closes when standard error has ended.
fn attach(child: &mut Child, tail: &Arc<Mutex<Tail>>, payload: &[u8]) -> io::Result<Receiver<()>> {
    let (ended, listening) = channel();
    if let Some(stderr) = child.stderr.take() {
        let tail = Arc::clone(tail);
        thread::Builder::new().name("fairlane-stderr".into()).spawn(move || {
            listen(stderr, &tail);
            drop(ended);
        })?;
    }
    if let Some(stdin) = child.stdin.take() {
        feed(stdin, payload)?;
    }
    Ok(listening)
}

/// Passes standard error on and keeps its end.
fn listen(mut stderr: ChildStderr, tail: &Mutex<Tail>) {
    let mut buffer = [0; 8192];
    loop {
        match stderr.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => {
                // That nobody hears fairlane's own standard error is no reason to stop the command.
                let _ = io::stderr().write_all(&buffer[..length]);
                tail.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..length]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// Writes the payload. A command need not read it: a pipe closed too early is no failure.
fn feed(mut stdin: ChildStdin, payload: &[u8]) -> io::Result<()> {
    if payload.len() <= PIPE_HOLDS {
        let _ = stdin.write_all(payload);
        return Ok(());
    }
    // A child that was left behind may hold the pipe open for ever: the thread is not waited for.
    let payload = payload.to_vec();
    thread::Builder::new().name("fairlane-stdin".into()).spawn(move || {
        let _ = stdin.write_all(&payload);
    })?;
    Ok(())
}

#[cfg(unix)]
impl Group {
    /// Asks all its processes to end. That they may all have ended is no failure.
    pub(super) fn terminate(&self) {
        let _ = rustix::process::kill_process_group(self.id, rustix::process::Signal::TERM);
    }

    /// Ends all its processes.
    pub(super) fn kill(&self) {
        let _ = rustix::process::kill_process_group(self.id, rustix::process::Signal::KILL);
    }
}

#[cfg(windows)]
impl Group {
    /// There is no such request here: the command ends by itself, or is killed when its time is up.
    pub(super) fn terminate(&self) {}

    /// Ends all its processes. That they may all have ended is no failure.
    pub(super) fn kill(&self) {
        let mut taskkill = Command::new("taskkill");
        taskkill.args(["/F", "/T", "/PID", &self.id.to_string()]);
        let _ = taskkill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

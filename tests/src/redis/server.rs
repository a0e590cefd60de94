//! One server process.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use redis::{ConnectionAddr, FromRedisValue, IntoConnectionInfo, RedisResult};

use super::patience::{PATIENCE, await_that};

/// How often another port is tried, if somebody else was quicker to take it.
const PORT_TRIES: u32 = 10;

/// A redis-server on a free port of this machine and on a socket in its directory, without
/// persistence unless its configuration says otherwise. Ends, killed, when dropped.
#[derive(Debug)]
pub struct RedisServer {
    directory: tempfile::TempDir,
    port: u16,
    lines: Vec<String>,
    program: &'static [&'static str],
    child: Mutex<Option<Child>>,
}

impl RedisServer {
    /// Starts a server with these lines of configuration besides its own, and waits until it
    /// answers.
    pub fn start(lines: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().expect("temporary directory"), lines)
    }

    /// Starts a server in a directory that holds what its configuration names.
    pub fn start_in(directory: tempfile::TempDir, lines: &[&str]) -> Self {
        Self::start_program(&["redis-server"], directory, lines)
    }

    pub(super) fn start_program(
        program: &'static [&'static str],
        directory: tempfile::TempDir,
        lines: &[&str],
    ) -> Self {
        let lines = lines.iter().map(|&line| line.to_owned()).collect();
        let mut server = Self { directory, port: 0, lines, program, child: Mutex::default() };
        for _ in 0..PORT_TRIES {
            server.port = free_port();
            if server.run() {
                return server;
            }
        }
        panic!("redis-server did not start: {}", server.log());
    }

    /// Gives its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Gives its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Gives the path of its socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("socket")
    }

    /// Gives its directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Gives what it wrote into its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Sends a command on a connection of its own.
    pub fn command<T: FromRedisValue>(&self, words: &[&str]) -> T {
        self.try_command(words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// Sends a command that may be refused.
    pub fn try_command<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        let mut connection = self.connect()?;
        redis::cmd(words[0]).arg(&words[1..]).query(&mut connection)
    }

    /// Makes a connection of its own.
    pub fn connect(&self) -> RedisResult<redis::Connection> {
        let info = ConnectionAddr::Unix(self.socket()).into_connection_info()?;
        redis::Client::open(info)?.get_connection()
    }

    /// Gives how often a command has been carried out, in the server's own count.
    pub fn calls_of(&self, command: &str) -> u64 {
        self.stat_of(command, "calls=").map_or(0, |calls| calls as u64)
    }

    /// Gives the microseconds of CPU that a command has cost in all.
    pub fn usec_of(&self, command: &str) -> f64 {
        self.stat_of(command, "usec=").unwrap_or(0.0)
    }

    /// Waits until as many clients wait at the server.
    ///
    /// # Panics
    /// If they do not come.
    pub fn await_blocked(&self, count: usize) {
        await_that(&format!("{count} clients are blocked"), || self.blocked() == count);
    }

    /// Gives how many clients wait at the server.
    pub fn blocked(&self) -> usize {
        let info: String = self.command(&["INFO", "clients"]);
        let count = info.lines().find_map(|line| line.strip_prefix("blocked_clients:"));
        count.expect("a count").parse().expect("a number")
    }

    fn stat_of(&self, command: &str, field: &str) -> Option<f64> {
        let info: String = self.command(&["INFO", "commandstats"]);
        let start = format!("cmdstat_{command}:");
        let line = info.lines().find_map(|line| line.strip_prefix(&start))?;
        let value = line.split(',').find_map(|part| part.strip_prefix(field))?;
        Some(value.parse().expect("a number"))
    }

    /// Kills it with SIGKILL, if it runs.
    pub fn kill(&self) {
        if let Some(mut child) = self.child().take() {
            child.kill().expect("kill");
            child.wait().expect("wait");
        }
    }

    /// Starts it again on the same port and in the same directory, after [`RedisServer::kill`].
    pub fn restart(&self) {
        self.kill();
        assert!(self.run(), "redis-server did not start again: {}", self.log());
    }

    /// Stops it with SIGSTOP: its sockets stay open, and nobody answers.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Gives the number of its process.
    pub fn id(&self) -> u32 {
        self.child().as_ref().expect("server does not run").id()
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.id().try_into().expect("process id"));
        kill(id, signal).expect("signal");
    }

    /// Starts the process; tells whether it answers, and not whether it ended at once.
    fn run(&self) -> bool {
        let directory = self.directory.path();
        let mut text = format!(
            "bind 127.0.0.1\nport {}\nunixsocket {}\ndir {}\nlogfile {}\nsave \"\"\n",
            self.port,
            self.socket().display(),
            directory.display(),
            directory.join("log").display(),
        );
        for line in &self.lines {
            text.push_str(&line.replace("PORT", &self.port.to_string()));
            text.push('\n');
        }
        let config = directory.join("redis.conf");
        fs::write(&config, text).expect("write redis.conf");
        let output = File::create(directory.join("output")).expect("output");
        let child = Command::new(self.program[0])
            .arg(&config)
            .args(&self.program[1..])
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("output"))
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{} (install redis-server): {error}", self.program[0]));
        *self.child() = Some(child);
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            // A server that asks for a password answers, too.
            match self.try_command::<redis::Value>(&["PING"]) {
                Ok(_) => return true,
                Err(error) if error.code() == Some("NOAUTH") => return true,
                Err(_) => {}
            }
            let mut child = self.child();
            if child.as_mut().is_none_or(|child| child.try_wait().expect("wait").is_some()) {
                child.take();
                return false;
            }
            drop(child);
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("redis-server does not answer: {}", self.log());
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Gives a free port. The one that lies 10,000 above it, where nodes of a cluster speak with each
/// other, is a port, too.
fn free_port() -> u16 {
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind");
        let port = listener.local_addr().expect("address").port();
        if port.checked_add(10_000).is_some() {
            return port;
        }
    }
}

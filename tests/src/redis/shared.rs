//! The server that all tests of a process share.

use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use super::server::RedisServer;

/// The server, and the process that ends it: nothing drops what is shared by all threads.
struct Shared {
    server: RedisServer,
    _undertaker: Child,
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let server = RedisServer::start(&[]);
    // It reads until this process has ended, in whatever way.
    let undertaker = Command::new("sh")
        .args(["-c", "read -r _; kill -9 \"$1\"; rm -r \"$2\"", "undertaker"])
        .arg(server.id().to_string())
        .arg(server.directory())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh");
    Shared { server, _undertaker: undertaker }
});

/// Gives the server of this process, started by the first caller. Each test uses queues of its own
/// on it, and leaves everything else alone.
pub fn shared_server() -> &'static RedisServer {
    &SHARED.server
}

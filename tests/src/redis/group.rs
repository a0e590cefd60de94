//! A master, its replica, and a sentinel that promotes it.

use super::patience::await_that;
use super::server::RedisServer;

/// A master with a replica, watched by a sentinel under the name `mine`.
#[derive(Debug)]
pub struct RedisGroup {
    master: RedisServer,
    replica: RedisServer,
    sentinel: RedisServer,
}

impl RedisGroup {
    /// Starts all three, and waits until they know each other.
    pub fn start() -> Self {
        let master = RedisServer::start(&["repl-diskless-sync-delay 0"]);
        let replica = RedisServer::start(&[&format!("replicaof 127.0.0.1 {}", master.port())]);
        // A sentinel looks for replicas each 10 s only.
        await_that("servers agree", || {
            let info: String = master.command(&["INFO", "replication"]);
            info.contains("state=online")
        });
        let sentinel = RedisServer::start_program(
            &["redis-server", "--sentinel"],
            tempfile::tempdir().expect("temporary directory"),
            &[
                &format!("sentinel monitor mine 127.0.0.1 {} 1", master.port()),
                // Nobody takes over from a master that a busy machine holds up.
                "sentinel down-after-milliseconds mine 60000",
                "sentinel failover-timeout mine 5000",
            ],
        );
        let group = Self { master, replica, sentinel };
        await_that("servers agree", || {
            let known: String = group.sentinel.command(&["INFO", "sentinel"]);
            known.contains("slaves=1")
        });
        group
    }

    /// Gives the address by the sentinel, after one that is not there.
    pub fn url(&self) -> String {
        format!("redis+sentinel://127.0.0.1:1,127.0.0.1:{}/mine", self.sentinel.port())
    }

    /// Gives the server that was the master in the beginning.
    pub fn master(&self) -> &RedisServer {
        &self.master
    }

    /// Gives the server that was the replica in the beginning.
    pub fn replica(&self) -> &RedisServer {
        &self.replica
    }

    /// Kills the master: the replica takes over.
    pub fn kill_master(&self) {
        self.master.kill();
        let set = ["SENTINEL", "SET", "mine", "down-after-milliseconds", "500"];
        let _: () = self.sentinel.command(&set);
    }

    /// Promotes the replica, and waits until the two have changed their parts. Until the sentinel has
    /// told the old master, some ten seconds later, that one still takes writes, which are lost.
    pub fn promote(&self) {
        // It is refused as long as the sentinel has not heard enough of the replica.
        await_that("a failover begins", || {
            self.sentinel.try_command::<()>(&["SENTINEL", "FAILOVER", "mine"]).is_ok()
        });
        for (server, role) in [(&self.replica, "role:master"), (&self.master, "role:slave")] {
            await_that("servers agree", || {
                // The sentinel cuts the connections of a server that it reconfigures.
                let info = server.try_command::<String>(&["INFO", "replication"]);
                info.is_ok_and(|info| info.contains(role))
            });
        }
    }
}

//! A cluster of three masters, one of which has a replica.

use super::patience::await_that;
use super::server::RedisServer;

/// How many slots a cluster has.
const SLOTS: usize = 16_384;

/// After how long a silence the replica takes over from a master that was killed.
const SILENCE: &str = "500";

/// Three masters that share the slots evenly, and a replica of the one that owns a key.
#[derive(Debug)]
pub struct RedisCluster {
    masters: Vec<RedisServer>,
    replica: RedisServer,
    slot: usize,
    owner: usize,
}

impl RedisCluster {
    /// Starts a cluster and waits until its nodes agree. The replica takes over after
    /// [`RedisCluster::kill_owner`], and not from a master that a busy machine holds up.
    pub fn start(key: &str) -> Self {
        Self::start_with(key, "cluster-node-timeout 60000")
    }

    /// Starts a cluster in which nobody takes over, however busy this machine is.
    pub fn steady(key: &str) -> Self {
        Self::start_with(key, "cluster-replica-no-failover yes")
    }

    fn start_with(key: &str, line: &str) -> Self {
        let lines = [
            "cluster-enabled yes",
            "cluster-require-full-coverage no",
            "appendonly yes",
            "repl-diskless-sync-delay 0",
            line,
        ];
        let masters: Vec<_> = (0..3).map(|_| RedisServer::start(&lines)).collect();
        let replica = RedisServer::start(&lines);
        let slot = masters[0].command(&["CLUSTER", "KEYSLOT", key]);
        let share = SLOTS.div_ceil(masters.len());
        for (number, master) in masters.iter().enumerate() {
            let (first, end) = (number * share, SLOTS.min((number + 1) * share));
            let (first, last) = (first.to_string(), (end - 1).to_string());
            let _: () = master.command(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]);
        }
        let cluster = Self { owner: slot / share, masters, replica, slot };
        for node in cluster.nodes() {
            let port = node.port().to_string();
            let _: () = cluster.masters[0].command(&["CLUSTER", "MEET", "127.0.0.1", &port]);
        }
        cluster.await_all("cluster_known_nodes:4");
        let _: () = cluster.replica.command(&["CLUSTER", "REPLICATE", &id(cluster.owner())]);
        cluster.await_all("cluster_state:ok");
        await_that("nodes agree", || {
            let info: String = cluster.replica.command(&["INFO", "replication"]);
            info.contains("master_link_status:up")
        });
        cluster
    }

    /// Gives the address by its masters; the key's owner comes last.
    pub fn url(&self) -> String {
        let others = self.masters.iter().filter(|master| master.port() != self.owner().port());
        let hosts = others.chain([self.owner()]);
        let hosts: Vec<_> = hosts.map(|node| format!("127.0.0.1:{}", node.port())).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }

    /// Gives the masters of the beginning.
    pub fn masters(&self) -> &[RedisServer] {
        &self.masters
    }

    /// Gives the master that owned the key in the beginning.
    pub fn owner(&self) -> &RedisServer {
        &self.masters[self.owner]
    }

    /// Kills the master that owned the key in the beginning: its replica takes over.
    pub fn kill_owner(&self) {
        self.owner().kill();
        let left = self.nodes().filter(|node| node.port() != self.owner().port());
        for node in left {
            let _: () = node.command(&["CONFIG", "SET", "cluster-node-timeout", SILENCE]);
        }
    }

    /// Gives the owner's replica.
    pub fn replica(&self) -> &RedisServer {
        &self.replica
    }

    /// Gives a master that did not own the key in the beginning.
    pub fn other(&self) -> &RedisServer {
        &self.masters[(self.owner + 1) % self.masters.len()]
    }

    /// Waits until the replica has all that the owner was told.
    pub fn await_replicated(&self) {
        let offset = |node: &RedisServer, name: &str| {
            let info: String = node.command(&["INFO", "replication"]);
            info.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned)
        };
        await_that("nodes agree", || {
            let written = offset(self.owner(), "master_repl_offset:");
            written.is_some() && offset(&self.replica, "slave_repl_offset:") == written
        });
    }

    /// Begins to move the key's slot to the other master: from here on keys that the owner lacks are
    /// asked for there.
    pub fn begin_move(&self) {
        let slot = self.slot.to_string();
        let (from, to) = (id(self.owner()), id(self.other()));
        let _: () = self.other().command(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from]);
        let _: () = self.owner().command(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to]);
    }

    /// Moves the keys of the slot, as long as there are any.
    pub fn move_keys(&self) {
        let (slot, port) = (self.slot.to_string(), self.other().port().to_string());
        loop {
            let keys: Vec<String> =
                self.owner().command(&["CLUSTER", "GETKEYSINSLOT", &slot, "100"]);
            if keys.is_empty() {
                return;
            }
            for key in keys {
                let migrate = ["MIGRATE", "127.0.0.1", &port, &key, "0", "5000", "REPLACE"];
                let _: () = self.owner().command(&migrate);
            }
        }
    }

    /// Ends the move: the other master owns the slot.
    pub fn end_move(&self) {
        let (slot, to) = (self.slot.to_string(), id(self.other()));
        let mut nodes = vec![self.other()];
        nodes.extend(self.masters.iter().filter(|node| node.port() != self.other().port()));
        for node in nodes {
            let _: () = node.command(&["CLUSTER", "SETSLOT", &slot, "NODE", &to]);
        }
    }

    fn nodes(&self) -> impl Iterator<Item = &RedisServer> {
        self.masters.iter().chain([&self.replica])
    }

    /// Waits until all nodes say this of the cluster.
    fn await_all(&self, line: &str) {
        await_that("nodes agree", || {
            self.nodes().all(|node| {
                let info: String = node.command(&["CLUSTER", "INFO"]);
                info.lines().any(|each| each == line)
            })
        });
    }
}

fn id(node: &RedisServer) -> String {
    node.command(&["CLUSTER", "MYID"])
}

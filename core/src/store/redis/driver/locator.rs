//! Finds the node that serves the queue, and connects to it.

use std::sync::Mutex;
use std::time::Duration;

use redis::{Cmd, cmd};

use crate::error::Error;
use crate::lock::lock;
use crate::store::redis::driver::address::{Address, Place};
use crate::store::redis::driver::closing::Closing;
use crate::store::redis::driver::endpoint::Endpoint;
use crate::store::redis::driver::handshake::Door;
use crate::store::redis::driver::link::Link;
use crate::store::redis::driver::trouble::Trouble;
use crate::store::redis::protocol::Reply;

/// The longest that one sentinel may take: another may be alive.
const SENTINEL_TIMEOUT: Duration = Duration::from_secs(1);

/// What is known about where the queue is. All keys of a queue are in one slot, so a cluster is one
/// node to it, too.
#[derive(Debug, Default)]
pub(super) struct Locator {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Where the cluster's nodes said that the slot is.
    owner: Option<Endpoint>,
    /// The nodes of the cluster that others told of.
    others: Vec<Endpoint>,
    /// Which node or sentinel to ask next.
    turn: usize,
}

impl Locator {
    /// Connects to the node that should serve the queue now.
    pub(super) fn open(
        &self,
        address: &Address,
        timeout: Duration,
        closing: &Closing,
    ) -> Result<Link, Trouble> {
        let door = door(address, timeout, closing);
        match &address.place {
            Place::Node(endpoint) => door.open(endpoint),
            Place::Sentinels { sentinels, master } => {
                let login = &address.sentinel_login;
                let timeout = timeout.min(SENTINEL_TIMEOUT);
                let asking = Door { login, database: 0, timeout, ..door };
                let endpoint = self.ask_sentinels(sentinels, master, asking)?;
                open_master(&endpoint, door)
            }
            Place::Cluster { seeds } => self.open_owner(seeds, door),
        }
    }

    /// Connects to a node that a cluster named for one call.
    pub(super) fn open_at(
        &self,
        node: &Endpoint,
        address: &Address,
        timeout: Duration,
        closing: &Closing,
    ) -> Result<Link, Trouble> {
        door(address, timeout, closing).open(node)
    }

    /// Sends one command on a connection for it alone.
    pub(super) fn ask_apart(
        &self,
        command: &Cmd,
        address: &Address,
        timeout: Duration,
        closing: &Closing,
    ) -> Result<Reply, Trouble> {
        let mut link = self.open(address, timeout, closing)?;
        door(address, timeout, closing).ask(&mut link, command)
    }

    /// Remembers where the cluster said that the slot is.
    pub(super) fn moved(&self, owner: Endpoint) {
        let mut known = lock(&self.known);
        known.learn(&owner);
        known.owner = Some(owner);
    }

    /// Forgets an owner that does not serve.
    pub(super) fn lost(&self, endpoint: &Endpoint) {
        let mut known = lock(&self.known);
        if known.owner.as_ref() == Some(endpoint) {
            known.owner = None;
        }
    }

    fn ask_sentinels(
        &self,
        sentinels: &[Endpoint],
        master: &str,
        door: Door<'_>,
    ) -> Result<Endpoint, Trouble> {
        let mut last = None;
        for _ in sentinels {
            let sentinel = lock(&self.known).next(sentinels);
            let asked = door.open(&sentinel).and_then(|mut link| {
                door.ask(&mut link, cmd("SENTINEL").arg("get-master-addr-by-name").arg(master))
            });
            match asked {
                Ok(reply) => match endpoint(reply, &sentinel) {
                    Some(endpoint) => return Ok(endpoint),
                    None => {
                        let words = format!("it knows no master {master:?}");
                        last = Some(Trouble::broken(&sentinel, words));
                    }
                },
                Err(trouble @ Trouble::Final(_)) => return Err(trouble),
                Err(trouble) => last = Some(trouble),
            }
            lock(&self.known).turn += 1;
        }
        Err(last.unwrap_or_else(|| Trouble::Final(Error::invalid("url names no sentinel"))))
    }

    fn open_owner(&self, seeds: &[Endpoint], door: Door<'_>) -> Result<Link, Trouble> {
        let owner = lock(&self.known).owner.clone();
        let endpoint = owner.unwrap_or_else(|| lock(&self.known).next(seeds));
        let opened = door.open(&endpoint).and_then(|mut link| {
            // The other nodes are learnt while there is one that knows them.
            let slots = door.ask(&mut link, cmd("CLUSTER").arg("SLOTS"))?;
            let mut known = lock(&self.known);
            for node in nodes(slots, &endpoint) {
                known.learn(&node);
            }
            Ok(link)
        });
        if opened.is_err() {
            self.lost(&endpoint);
            lock(&self.known).turn += 1;
        }
        opened
    }
}

impl Known {
    /// Gives the one whose turn it is among those that were named and those that were learnt.
    fn next(&self, named: &[Endpoint]) -> Endpoint {
        let all: Vec<_> = named.iter().chain(&self.others).collect();
        all[self.turn % all.len()].clone()
    }

    fn learn(&mut self, endpoint: &Endpoint) {
        if !self.others.contains(endpoint) {
            self.others.push(endpoint.clone());
        }
    }
}

fn door<'a>(address: &'a Address, timeout: Duration, closing: &'a Closing) -> Door<'a> {
    let tls = address.tls.as_deref();
    Door { login: &address.login, database: address.database, tls, timeout, closing }
}

/// A sentinel may name a master that has just been replaced: it is asked what it is.
fn open_master(endpoint: &Endpoint, door: Door<'_>) -> Result<Link, Trouble> {
    let mut link = door.open(endpoint)?;
    let role = door.ask(&mut link, &cmd("ROLE"))?;
    match role {
        Reply::List(parts) if parts.first() == Some(&Reply::Bytes(b"master".to_vec())) => Ok(link),
        _ => Err(Trouble::broken(endpoint, "it is no master now")),
    }
}

/// Reads a list that begins with a host and a port, as told by `teller`.
fn endpoint(reply: Reply, teller: &Endpoint) -> Option<Endpoint> {
    let Reply::List(parts) = reply else { return None };
    let mut parts = parts.into_iter();
    let host = match parts.next()? {
        Reply::Bytes(host) => String::from_utf8(host).ok()?,
        Reply::Nil => String::new(),
        _ => return None,
    };
    let port = match parts.next()? {
        Reply::Int(port) => port.to_string(),
        Reply::Bytes(port) => String::from_utf8(port).ok()?,
        _ => return None,
    };
    Endpoint::redirected(&format!("{host}:{port}"), teller)
}

/// Reads the nodes out of the answer to `CLUSTER SLOTS`: ranges of a first slot, a last slot, and
/// nodes.
fn nodes(reply: Reply, teller: &Endpoint) -> Vec<Endpoint> {
    let list = |reply| if let Reply::List(parts) = reply { parts } else { Vec::new() };
    let ranges = list(reply).into_iter();
    ranges
        .flat_map(|range| list(range).into_iter().skip(2))
        .filter_map(|node| endpoint(node, teller))
        .collect()
}

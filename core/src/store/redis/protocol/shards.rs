//! Where a queue and its shards are, and the mark that says how many these are.

use crate::error::Result;
use crate::store::sharded::{SLOTS, slot};

use super::server_error::shards_differ;
use super::{Reply, Request, scripts, unsigned};

/// The most shards of a queue.
pub const MAX_SHARDS: usize = 64;

/// Gives the key by which a queue's cluster node is found, and which all its others begin with.
pub(super) fn queue_key(name: &str) -> Vec<u8> {
    format!("{{fairlane:{}}}", escaped(name)).into_bytes()
}

/// Gives the same for a shard. The hash slots of the shards lie evenly apart, counted from that of
/// the queue's name: the nodes of a cluster have ranges of slots, so each gets its part of the
/// shards. The number behind the last dash is the first that brings the shard near its place.
pub(super) fn shard_key(name: &str, shard: usize, shards: usize) -> Vec<u8> {
    let queue = queue_key(name);
    if shard == 0 {
        // In the slot of the mark.
        return [&queue[..], format!("-0-{shards}").as_bytes()].concat();
    }
    let distance = SLOTS / shards;
    let place = slot(&queue) + shard * SLOTS / shards;
    let is_near = |key: &String| {
        let beyond = (slot(key.as_bytes()) + SLOTS - place % SLOTS) % SLOTS;
        beyond <= distance / 16
    };
    let name = escaped(name);
    let key = |number: u64| format!("{{fairlane-{shard}-{shards}-{number}:{name}}}");
    (0..).map(key).find(is_near).unwrap_or_default().into_bytes()
}

/// The hash tag ends at the first brace, so a name must not have one.
fn escaped(name: &str) -> String {
    name.replace('%', "%25").replace('}', "%7D")
}

/// The mark where the queue would be if it had no shards: it says how many there are.
#[derive(Debug, Clone)]
pub struct Signpost {
    key: Vec<u8>,
    shards: usize,
}

impl Signpost {
    /// Makes the requests about the mark of a queue that is opened with so many shards.
    pub fn new(name: &str, shards: usize) -> Self {
        Self { key: queue_key(name), shards }
    }

    /// Reads the mark, or sets it if the queue is new.
    pub fn read(&self) -> Request {
        let mut request = Request::new(&scripts::SIGNPOST, &self.key);
        request.push(self.shards.to_string());
        request
    }

    /// Checks what was read.
    ///
    /// # Errors
    /// `InvalidArgument` if the queue has another number of shards.
    pub fn check(&self, reply: Reply) -> Result<()> {
        let there = unsigned(reply.int()?)?;
        if there == self.shards as u64 { Ok(()) } else { Err(shards_differ(there, self.shards)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(key: Vec<u8>) -> String {
        String::from_utf8(key).unwrap()
    }

    /// What is stored is looked for under these keys: they must never change.
    #[test]
    fn keys_stay_as_they_are() {
        assert_eq!(text(queue_key("mail")), "{fairlane:mail}");
        assert_eq!(text(queue_key("a}%b")), "{fairlane:a%7D%25b}");
        let keys: Vec<_> = (0..3).map(|shard| text(shard_key("mail", shard, 3))).collect();
        assert_eq!(
            keys,
            ["{fairlane:mail}-0-3", "{fairlane-1-3-10:mail}", "{fairlane-2-3-15:mail}"]
        );
    }

    #[test]
    fn shards_are_spread_evenly_over_the_nodes_of_a_cluster() {
        for (shards, nodes) in [(3, 3), (4, 3), (6, 3), (5, 5), (16, 6), (64, 7)] {
            for name in ["mail", "sms", "a}b", "\u{e9}"] {
                let mut counts = vec![0; nodes];
                for shard in 0..shards {
                    counts[slot(&shard_key(name, shard, shards)) * nodes / SLOTS] += 1;
                }
                let even = shards / nodes;
                let is_even = |count: &usize| (even..=even + 1).contains(count);
                assert!(counts.iter().all(is_even), "{name} {shards}: {counts:?}");
            }
        }
    }
}

//! The Redis protocol without a socket: a verb becomes a script with its key and arguments, a reply
//! becomes a typed result.
//!
//! Nothing here knows a connection, a clock or a thread, so that any client may carry it: the
//! blocking driver beside this folder, or a host that brings a client of its own. Nor can it panic:
//! what a server may answer is never taken for granted.
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

use crate::clock::Millis;
use crate::error::{Error, ErrorCode, Result};
use crate::options::QueueOptions;

mod archive;
mod configure;
mod dump;
mod eviction;
mod finish;
mod holds;
mod look;
mod part;
mod pop;
mod push;
mod reader;
mod record;
mod remove;
mod repair;
mod reply;
mod request;
mod results;
mod schedule;
mod script;
mod scripts;
mod server_error;
mod shards;
mod told;

pub use eviction::evicting_policy;
pub use finish::PlainFares;
pub use holds::Case;
pub use pop::{Manner, Popped};
pub use repair::Repair;
pub use reply::Reply;
pub use request::Request;
pub use script::Script;
pub use server_error::{Remedy, ServerError};
pub use shards::{MAX_SHARDS, Signpost};

/// What every request of a queue has in common.
#[derive(Debug, Clone)]
pub struct Protocol {
    key: Vec<u8>,
    max_failed: u64,
    tag_seed: u32,
}

impl Protocol {
    /// Makes the requests of the queue of that name. `tag_seed` is any random number: the tag of a
    /// queue that is made by one of the requests is drawn from it.
    pub fn new(name: &str, options: &QueueOptions, tag_seed: u32) -> Self {
        Self { key: shards::queue_key(name), max_failed: options.max_failed, tag_seed }
    }

    /// Makes the requests of one shard of the queue of that name: of number `shard`, from 0, of
    /// `shards`.
    pub fn of_shard(
        name: &str,
        (shard, shards): (usize, usize),
        options: &QueueOptions,
        tag_seed: u32,
    ) -> Self {
        Self { key: shards::shard_key(name, shard, shards), ..Self::new(name, options, tag_seed) }
    }

    /// Gives the key by which the queue's cluster node is found, and which all others begin with.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// Gives the number that was drawn for this handle.
    pub fn tag_seed(&self) -> u32 {
        self.tag_seed
    }

    /// Gives the key of the marker that a waiting worker takes.
    pub fn wake_key(&self) -> Vec<u8> {
        [&self.key[..], b":wake"].concat()
    }

    /// Begins a request of a plain case; without a clock the server's is used.
    fn plain(&self, script: &'static Script, clock: Option<Millis>) -> Request {
        let mut request = Request::new(script, &self.key);
        request.push(clock.map_or(String::new(), |now| now.to_string()));
        request
    }

    /// Begins a request of a verb.
    fn request(&self, script: &'static Script, clock: Option<Millis>) -> Request {
        let mut request = self.plain(script, clock);
        request.push(self.max_failed.to_string());
        request.push(self.tag_seed.to_string());
        request
    }
}

/// Makes the error of an answer that no script gives.
fn unexpected(what: &str) -> Error {
    Error::new(ErrorCode::Internal, format!("script answered with an unknown {what}"))
}

/// Reads a number that is not negative.
fn unsigned(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| unexpected("negative number"))
}

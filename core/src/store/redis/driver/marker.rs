//! The marker that calls a waiting worker.

use redis::{Cmd, cmd};

use crate::store::redis::protocol::Reply;

/// A marker that was taken: what puts it back.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Marker {
    member: Vec<u8>,
    score: Vec<u8>,
}

impl Marker {
    /// The marker as the scripts set it. One too many wakes a worker for nothing, no more.
    pub(super) fn some() -> Self {
        Self { member: b"w".to_vec(), score: b"0".to_vec() }
    }

    /// Gives its name.
    pub(super) fn member(&self) -> &[u8] {
        &self.member
    }

    /// Reads the answer to the blocking command: key, member and score, or nothing.
    pub(super) fn read(reply: Reply) -> Option<Self> {
        let Reply::List(parts) = reply else { return None };
        match <[Reply; 3]>::try_from(parts) {
            Ok([_, Reply::Bytes(member), Reply::Bytes(score)]) => Some(Self { member, score }),
            _ => None,
        }
    }

    /// Gives the command that puts it back.
    pub(super) fn ring(&self, key: &[u8]) -> Cmd {
        let mut command = cmd("ZADD");
        command.arg(key).arg(&self.score).arg(&self.member);
        command
    }
}

//! How an idle worker waits.

use std::time::Duration;

use crate::error::{Error, Result};

/// How an idle worker waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    /// In a blocking command at the server.
    Block,
    /// By looking again after this time, for proxies that let no blocking command through.
    Poll(Duration),
}

impl Waiting {
    /// Reads `block`, `poll` or `poll:MILLISECONDS`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let every = match text {
            "block" => return Ok(Self::Block),
            "poll" => Some(100),
            _ => text
                .strip_prefix("poll:")
                .and_then(|millis| millis.parse().ok())
                .filter(|millis| (1..=60_000).contains(millis)),
        };
        every.map(|millis| Self::Poll(Duration::from_millis(millis))).ok_or_else(|| {
            Error::invalid(format!(
                "url parameter wait {text:?} is not accepted: accepted are block, poll (each 100 \
                 ms) and poll:MILLISECONDS from 1 to 60000"
            ))
        })
    }
}

//! What a server's error means: what to do about it, and what to tell the caller.

use std::fmt::Display;

use crate::error::{Error, ErrorCode};

/// An error reply: its code, a blank, and more words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError(pub String);

/// The newest version of the rows that the scripts know.
const VERSION: u8 = 1;

/// What a client may do about an error reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Load the script, then send the request again: it was not carried out.
    Load,
    /// Send the request again a little later: it was not carried out.
    Wait,
    /// Look for the node that serves writes now, then send the request again: it was not carried
    /// out.
    Locate,
    /// Send this request, and those to come, to the node at this `host:port`. An empty host is the
    /// host of the node that answered.
    Moved(String),
    /// Send this request alone to the node at this `host:port`, after `ASKING`.
    Ask(String),
    /// None: tell the caller.
    Tell,
}

/// The codes that an error raised inside a script may hide: older servers wrap them.
const WRAPPED: [&str; 6] =
    ["-OOM ", "-READONLY ", "-MISCONF ", "-NOPERM ", "-NOREPLICAS ", "-BUSY "];

impl ServerError {
    /// Gives the words from the code on that says most.
    fn words(&self) -> &str {
        let text = self.0.as_str();
        if !text.starts_with("ERR Error running script") {
            return text;
        }
        let hidden = WRAPPED.iter().find_map(|code| text.find(code));
        hidden.and_then(|place| text.get(place + 1..)).unwrap_or(text)
    }

    /// Tells what a client may do.
    pub fn remedy(&self) -> Remedy {
        let words = self.words();
        let (code, rest) = words.split_once(' ').unwrap_or((words, ""));
        let target = || rest.split(' ').nth(1).unwrap_or_default().to_owned();
        match code {
            "NOSCRIPT" => Remedy::Load,
            "LOADING" | "BUSY" | "TRYAGAIN" | "NOREPLICAS" => Remedy::Wait,
            "CLUSTERDOWN" | "MASTERDOWN" | "READONLY" | "UNBLOCKED" => Remedy::Locate,
            "MOVED" => Remedy::Moved(target()),
            "ASK" => Remedy::Ask(target()),
            "ERR" if rest.starts_with("max number of clients reached") => Remedy::Wait,
            _ => Remedy::Tell,
        }
    }

    /// Says it to the caller, in the server's words.
    pub fn error(&self) -> Error {
        let words = self.words();
        let (code, rest) = words.split_once(' ').unwrap_or((words, ""));
        let code = match code {
            _ if self.remedy() != Remedy::Tell => ErrorCode::Unavailable,
            "NEWER" => return newer(rest),
            "SHARDED" => return shards_differ(rest.split(' ').next().unwrap_or_default(), 1),
            "OOM" | "MISCONF" => ErrorCode::Unavailable,
            "NOAUTH" | "WRONGPASS" | "NOPERM" | "DENIED" => ErrorCode::InvalidArgument,
            "WRONGTYPE" => ErrorCode::Corrupt,
            "ERR" if is_about_a_row(rest) => ErrorCode::Corrupt,
            "ERR" if is_about_the_address(rest) => ErrorCode::InvalidArgument,
            "ERR" if rest.starts_with("unknown command") => ErrorCode::Unsupported,
            _ => ErrorCode::Internal,
        };
        Error::new(code, format!("redis server refused the call: {words}"))
    }
}

/// Says that a newer release has written the queue. `words` begin with its version.
fn newer(words: &str) -> Error {
    let version = words.split(' ').next().unwrap_or_default();
    let message = format!(
        "queue is of version {version}: this release knows versions up to {VERSION}; accepted is a \
         release of the version of the queue"
    );
    Error::new(ErrorCode::VersionMismatch, message)
}

/// Says that a queue has other shards than it was opened with.
pub(super) fn shards_differ(there: impl Display, named: usize) -> Error {
    Error::invalid(format!(
        "shards {named} of the url are not those of the queue, which was made with {there}: accepted \
         is shards={there}"
    ))
}

/// Tells whether a script stopped at a row that it could not read.
fn is_about_a_row(words: &str) -> bool {
    // By windows: the library's search for a text is more to download, in WebAssembly.
    let tell = |text: &str| words.as_bytes().windows(text.len()).any(|it| it == text.as_bytes());
    tell("user_script:")
        && ["data string too short", "bad argument #", " is damaged"].into_iter().any(tell)
}

/// Tells whether the words blame the password or the database of the URL.
fn is_about_the_address(words: &str) -> bool {
    ["AUTH ", "Client sent AUTH", "invalid password", "DB index", "invalid DB index", "SELECT "]
        .iter()
        .any(|start| words.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remedy(text: &str) -> Remedy {
        ServerError(text.to_owned()).remedy()
    }

    fn code(text: &str) -> ErrorCode {
        ServerError(text.to_owned()).error().code()
    }

    #[test]
    fn what_passes_is_waited_for() {
        for text in [
            "LOADING Redis is loading the dataset in memory",
            "BUSY Redis is busy running a script. You can only call SCRIPT KILL",
            "TRYAGAIN Multiple keys request during rehashing of slot",
            "ERR max number of clients reached",
        ] {
            assert_eq!(
                (remedy(text), code(text)),
                (Remedy::Wait, ErrorCode::Unavailable),
                "{text}"
            );
        }
    }

    #[test]
    fn a_node_that_takes_no_writes_is_left() {
        for text in [
            "READONLY You can't write against a read only replica.",
            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
            "CLUSTERDOWN The cluster is down",
            "UNBLOCKED force unblock from blocking operation, instance state changed",
        ] {
            let expected = (Remedy::Locate, ErrorCode::Unavailable);
            assert_eq!((remedy(text), code(text)), expected, "{text}");
        }
    }

    #[test]
    fn redirections_name_the_node() {
        assert_eq!(remedy("MOVED 3999 10.0.0.1:6381"), Remedy::Moved("10.0.0.1:6381".to_owned()));
        assert_eq!(remedy("ASK 3999 :6381"), Remedy::Ask(":6381".to_owned()));
        assert_eq!(remedy("NOSCRIPT No matching script. Please use EVAL."), Remedy::Load);
    }

    #[test]
    fn the_rest_is_told_at_once() {
        for (text, expected) in [
            ("OOM command not allowed when used memory > 'maxmemory'.", ErrorCode::Unavailable),
            ("MISCONF Redis is configured to save RDB snapshots", ErrorCode::Unavailable),
            ("NOAUTH Authentication required.", ErrorCode::InvalidArgument),
            ("WRONGPASS invalid username-password pair", ErrorCode::InvalidArgument),
            ("NOPERM this user has no permissions to run", ErrorCode::InvalidArgument),
            ("ERR DB index is out of range", ErrorCode::InvalidArgument),
            ("ERR unknown command 'BZPOPMIN'", ErrorCode::Unsupported),
            ("WRONGTYPE Operation against a key", ErrorCode::Corrupt),
            (
                "ERR user_script:1: data string too short script: 6d, on @user_script:1.",
                ErrorCode::Corrupt,
            ),
            ("ERR user_script:1: Script attempted to", ErrorCode::Internal),
        ] {
            assert_eq!((remedy(text), code(text)), (Remedy::Tell, expected), "{text}");
        }
    }

    #[test]
    fn a_newer_queue_is_refused_by_both_versions() {
        let error = ServerError("NEWER 7 is the version of the queue".to_owned()).error();
        assert_eq!(error.code(), ErrorCode::VersionMismatch);
        assert!(error.message().contains("version 7") && error.message().contains("up to 1"));
        assert!(include_str!("scripts/open.lua").contains(&format!("local VERSION = {VERSION}\n")));
    }

    #[test]
    fn errors_that_a_script_wraps_are_found() {
        let text = "ERR Error running script (call to f_6d): @user_script:1: @user_script: 1: \
                    -OOM command not allowed when used memory > 'maxmemory'.";
        let error = ServerError(text.to_owned()).error();
        assert_eq!(error.code(), ErrorCode::Unavailable);
        assert_eq!(
            error.message(),
            "redis server refused the call: OOM command not allowed when used memory > 'maxmemory'."
        );
    }
}

//! Names: of a job, and of one delivery of it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::millis;
use crate::error::{Error, ErrorCode, Result};

/// Names a job within its queue, for as long as the queue lives; never used twice.
///
/// Every host shows it as a string of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobId(pub u64);

impl JobId {
    /// The highest number that a store hands out: 2^40 - 1 jobs a queue.
    pub const MAX: JobId = JobId((1 << 40) - 1);

    /// Makes the error of a push whose `after` this id is, and that no push gave.
    pub(crate) fn never_pushed(self) -> Error {
        Error::invalid(format!("after names job {self}, which was never pushed"))
    }

    /// Makes the error of a question after this id, which no push gave.
    pub(crate) fn unknown(self) -> Error {
        Error::invalid(format!("job {self} was never pushed: accepted are ids that push gave"))
    }

    /// Makes the error of a wait of that length within which the job has not ended.
    pub fn unfinished(self, wait: Duration) -> Error {
        let message = match millis(wait) {
            0 => format!("job {self} has not ended: wait for its result, or ask again"),
            wait => format!("job {self} has not ended within {wait} ms: wait longer, or ask again"),
        };
        Error::new(ErrorCode::Timeout, message)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl FromStr for JobId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        digits(text)
            .map(JobId)
            .filter(|id| *id <= JobId::MAX)
            .ok_or_else(|| Error::invalid(format!("job id {text:?} is not one that push gave")))
    }
}

/// Names one delivery of one job: what ends the delivery must show it.
///
/// It holds the job's id, the number of the delivery and a tag drawn when the queue was made, so
/// that a token of another queue is told from a lapsed one. Opaque and printable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    /// The job.
    pub job: JobId,
    /// The number of the delivery; the first is 1.
    pub delivery: u64,
    /// The tag of the queue.
    pub queue: u32,
}

impl Token {
    /// Makes the error of a token whose delivery is over.
    pub(crate) fn stale(self) -> Error {
        let message = format!("token \"{self}\" is stale: its delivery has lapsed or has ended");
        Error::new(ErrorCode::StaleToken, message)
    }

    /// Makes the error of a token that another queue gave.
    pub(crate) fn foreign(self) -> Error {
        Error::invalid(format!("token \"{self}\" belongs to another queue"))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{:08x}", self.job, self.delivery, self.queue)
    }
}

impl FromStr for Token {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        parse_token(text)
            .ok_or_else(|| Error::invalid(format!("token {text:?} is not one that pop gave")))
    }
}

fn parse_token(text: &str) -> Option<Token> {
    let mut parts = text.split('.');
    let job = digits(parts.next()?).map(JobId).filter(|id| *id <= JobId::MAX)?;
    let delivery = digits(parts.next()?).filter(|number| *number <= i64::MAX as u64)?;
    let tag = parts.next()?;
    let well_formed = tag.len() == 8 && tag.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let queue = u32::from_str_radix(tag, 16).ok().filter(|_| well_formed)?;
    parts.next().is_none().then_some(Token { job, delivery, queue })
}

/// Reads a decimal number in its one spelling: no sign, no leading zero, no space.
fn digits(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back_as_written() {
        let token = Token { job: JobId(42), delivery: 3, queue: 0xbeef };
        assert_eq!(token.to_string(), "42.3.0000beef");
        assert_eq!("42.3.0000beef".parse::<Token>().unwrap(), token);
    }

    #[test]
    fn garbage_is_refused_and_named() {
        for garbage in [
            "",
            ".",
            "1.2",
            "1.2.3",
            "1.2.0000beef.4",
            "+1.2.0000beef",
            "1.2.+000beef",
            "01.2.0000beef",
            "1.2.0000BEEF",
            " 1.2.0000beef",
            "99999999999999999999.1.0000beef",
            "1.18446744073709551615.0000beef",
        ] {
            let error = garbage.parse::<Token>().unwrap_err();
            assert_eq!(error.message(), format!("token {garbage:?} is not one that pop gave"));
        }
        assert!("x".parse::<JobId>().is_err());
        assert!("1099511627776".parse::<JobId>().is_err());
    }
}

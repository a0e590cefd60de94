//! What a server answers, whatever client brought it.

use crate::error::{Error, ErrorCode, Result};

/// A reply of the server; status replies are bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Nothing.
    Nil,
    /// A whole number.
    Int(i64),
    /// A string.
    Bytes(Vec<u8>),
    /// Replies in order.
    List(Vec<Reply>),
}

impl Reply {
    /// Gives the parts of a list.
    pub fn list(self) -> Result<Vec<Reply>> {
        match self {
            Self::List(parts) => Ok(parts),
            other => Err(other.unexpected("a list")),
        }
    }

    /// Gives a number.
    pub fn int(self) -> Result<i64> {
        match self {
            Self::Int(number) => Ok(number),
            other => Err(other.unexpected("a number")),
        }
    }

    /// Gives a string.
    pub fn bytes(self) -> Result<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            other => Err(other.unexpected("a string")),
        }
    }

    fn unexpected(&self, wanted: &str) -> Error {
        let kind = match self {
            Self::Nil => "nothing",
            Self::Int(_) => "a number",
            Self::Bytes(_) => "a string",
            Self::List(_) => "a list",
        };
        Error::new(ErrorCode::Internal, format!("script answered with {kind} instead of {wanted}"))
    }
}

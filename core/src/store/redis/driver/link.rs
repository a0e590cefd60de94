//! One connection: bytes go out, answers come in.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Cmd, Parser, Value};

use crate::error::{Error, ErrorCode};
use crate::store::redis::driver::closing::{Closing, SLICE};
use crate::store::redis::driver::endpoint::Endpoint;
use crate::store::redis::driver::socket::Socket;
use crate::store::redis::driver::tls::Tls;
use crate::store::redis::driver::trouble::Trouble;
use crate::store::redis::protocol::{Reply, ServerError};

/// What a server says to one command.
pub(super) type Answer = Result<Reply, ServerError>;

/// One connection to one node.
///
/// The socket is our own and not the `redis` crate's connection: that one gives up a reply once a
/// read of it has timed out, and a worker waits for the same reply in many short reads. The crate
/// packs the commands and parses the replies.
pub(super) struct Link {
    endpoint: Endpoint,
    socket: Socket,
    parser: Parser,
    /// Commands that have not been sent yet.
    unsent: Vec<u8>,
    /// The process that opened it.
    process: u32,
}

impl Link {
    /// Connects within `timeout`.
    pub(super) fn connect(
        endpoint: &Endpoint,
        tls: Option<&Tls>,
        timeout: Duration,
    ) -> Result<Self, Trouble> {
        let socket = Socket::connect(endpoint, tls, timeout)?;
        Ok(Self {
            endpoint: endpoint.clone(),
            socket,
            parser: Parser::new(),
            unsent: Vec::new(),
            process: std::process::id(),
        })
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Tells whether this process opened it: a child of a fork must leave it alone.
    pub(super) fn is_ours(&self) -> bool {
        self.process == std::process::id()
    }

    /// Adds a command to those that the next [`Link::send`] sends.
    pub(super) fn add(&mut self, command: &Cmd) {
        command.write_packed_command(&mut self.unsent);
    }

    /// Sends the commands that were added.
    pub(super) fn send(&mut self, deadline: Instant, closing: &Closing) -> Result<(), Trouble> {
        let unsent = std::mem::take(&mut self.unsent);
        let mut rest = unsent.as_slice();
        while !rest.is_empty() {
            match self.socket.write(rest) {
                Ok(0) => return Err(Trouble::broken(&self.endpoint, "it takes no more bytes")),
                Ok(sent) => rest = &rest[sent..],
                Err(error) => self.bear(&error, deadline, closing)?,
            }
        }
        while let Err(error) = self.socket.flush() {
            self.bear(&error, deadline, closing)?;
        }
        Ok(())
    }

    /// Gives the next answer, which must come before `deadline`.
    pub(super) fn receive(
        &mut self,
        deadline: Instant,
        closing: &Closing,
    ) -> Result<Answer, Trouble> {
        let answer = self.receive_by(deadline, closing)?;
        answer.ok_or_else(|| Trouble::Silent { endpoint: self.endpoint.clone() })
    }

    /// Gives the next answer, or nothing if none has come by `end`: it may be asked for again.
    pub(super) fn receive_by(
        &mut self,
        end: Instant,
        closing: &Closing,
    ) -> Result<Option<Answer>, Trouble> {
        loop {
            let left = end.saturating_duration_since(Instant::now());
            self.socket
                .set_read_timeout(left.min(SLICE))
                .map_err(|error| Trouble::of(&self.endpoint, &error))?;
            match self.parser.parse_value(&mut self.socket) {
                Ok(value) => return answer(value).map(Some),
                Err(error) if error.is_timeout() => {
                    closing.check().map_err(Trouble::Final)?;
                    if Instant::now() >= end {
                        return Ok(None);
                    }
                }
                Err(error) => return Err(self.unreadable(error)),
            }
        }
    }

    /// Goes on after a write that timed out, as long as there is time.
    fn bear(&self, error: &io::Error, deadline: Instant, closing: &Closing) -> Result<(), Trouble> {
        let trouble = Trouble::of(&self.endpoint, error);
        closing.check().map_err(Trouble::Final)?;
        match trouble {
            Trouble::Silent { .. } if Instant::now() < deadline => Ok(()),
            trouble => Err(trouble),
        }
    }

    fn unreadable(&self, error: redis::RedisError) -> Trouble {
        let inner = std::error::Error::source(&error)
            .and_then(|it| it.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>())
            .and_then(|it| it.downcast_ref::<io::Error>());
        match inner {
            Some(inner) => Trouble::of(&self.endpoint, inner),
            None => Trouble::broken(&self.endpoint, error.to_string()),
        }
    }
}

fn answer(value: Value) -> Result<Answer, Trouble> {
    Ok(match value {
        Value::ServerError(error) => Err(ServerError(match error.details() {
            Some(details) => format!("{} {details}", error.code()),
            None => error.code().to_owned(),
        })),
        value => Ok(reply(value)?),
    })
}

fn reply(value: Value) -> Result<Reply, Trouble> {
    Ok(match value {
        Value::Nil => Reply::Nil,
        Value::Int(number) => Reply::Int(number),
        Value::BulkString(bytes) => Reply::Bytes(bytes),
        Value::SimpleString(text) => Reply::Bytes(text.into_bytes()),
        Value::Okay => Reply::Bytes(b"OK".to_vec()),
        Value::Array(values) => {
            Reply::List(values.into_iter().map(reply).collect::<Result<_, _>>()?)
        }
        other => {
            return Err(Trouble::Final(Error::new(
                ErrorCode::Internal,
                format!("redis server answered in a form that was not asked for: {other:?}"),
            )));
        }
    })
}

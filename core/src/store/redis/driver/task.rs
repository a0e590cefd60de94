//! One call on its way.

use std::time::Instant;

use redis::{Cmd, cmd};

use crate::store::redis::driver::endpoint::Endpoint;
use crate::store::redis::protocol::Request;

/// What a caller hands in.
pub(super) struct Task {
    pub(super) act: Act,
    /// When the caller has waited for long enough.
    pub(super) deadline: Instant,
}

/// What is to be sent.
pub(super) enum Act {
    Call(Request),
    /// A command whose repetition does no harm.
    Command(Cmd),
}

/// A task without an answer.
pub(super) struct Pending {
    pub(super) task: Task,
    /// Its place in the batch.
    pub(super) place: usize,
    /// Whether the server has said that it does not know the script.
    pub(super) needs_script: bool,
    /// The node to send it to for once, while a cluster moves the slot.
    pub(super) ask: Option<Endpoint>,
}

impl Pending {
    pub(super) fn new(place: usize, task: Task) -> Self {
        Self { task, place, needs_script: false, ask: None }
    }

    pub(super) fn command(&self) -> Cmd {
        match &self.task.act {
            Act::Command(command) => command.clone(),
            Act::Call(request) => {
                let mut command = cmd("EVALSHA");
                command.arg(request.script.digest());
                for word in request.words() {
                    command.arg(&*word);
                }
                command
            }
        }
    }

    /// Notes that it may have been carried out although no answer came.
    pub(super) fn repeated(mut self) -> Self {
        if let Act::Call(request) = &mut self.task.act {
            request.repeated();
        }
        self
    }
}

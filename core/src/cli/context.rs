//! What every command is given: where the queue is, and how to answer.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use crate::cli::arguments::{Common, DurabilityChoice};
use crate::cli::output::Output;
use crate::error::{Error, Result};
use crate::options::{Durability, QueueOptions};
use crate::queue::{Queue, absolute_url};

/// The options that all commands share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) common: Common,
    pub(super) output: Output,
}

impl Context {
    pub(super) fn new(common: Common) -> Self {
        let output = Output::new(common.json);
        Self { common, output }
    }

    /// Opens the queue, and makes it if there is none.
    pub(super) fn open(&self) -> Result<Queue> {
        self.open_with(self.options())
    }

    /// Opens a queue whose file must be there already: a look at a file of a mistyped name would
    /// otherwise make that file and show an empty queue.
    pub(super) fn open_existing(&self) -> Result<Queue> {
        self.open_with(QueueOptions { create: false, ..self.options() })
    }

    /// Opens a queue whose file must be there, and lets leases outlive this process: scripts pop in
    /// one process and end the delivery in another.
    pub(super) fn open_for_script(&self) -> Result<Queue> {
        self.open_with(QueueOptions { create: false, keep_leases: true, ..self.options() })
    }

    /// Opens, or makes, a queue in a file of the program's own.
    pub(super) fn open_at(&self, file: &Path, name: &str) -> Result<Queue> {
        Queue::open_with(&format!("sqlite:{}", file.display()), name, self.options())
    }

    /// Gives the URL in a form that leads there from any folder.
    pub(super) fn absolute_url(&self) -> io::Result<OsString> {
        absolute_url(&self.common.url)
    }

    /// Gives the longest payload that a push takes, in bytes.
    pub(super) fn max_payload(&self) -> usize {
        self.options().max_payload
    }

    fn open_with(&self, options: QueueOptions) -> Result<Queue> {
        if self.common.url == "memory:" {
            let message = "url \"memory:\" would be gone with this command: accepted are files";
            return Err(Error::invalid(message));
        }
        Queue::open_with(&self.common.url, &self.common.queue, options)
    }

    fn options(&self) -> QueueOptions {
        let durability = match self.common.durability {
            DurabilityChoice::Full => Durability::Full,
            DurabilityChoice::Normal => Durability::Normal,
        };
        QueueOptions { durability, ..QueueOptions::default() }
    }
}

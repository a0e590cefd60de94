use std::sync::Arc;

use fairlane::{Durability, Queue, QueueOptions, Result, convert};

use crate::packet::Reader;
use crate::queue::Desk;
use crate::{refuse, time};

impl Desk {
    pub(super) fn open(&mut self, arguments: &mut Reader<'_>) -> Result<()> {
        let (url, name) = (arguments.text()?, arguments.text()?);
        let mut options = QueueOptions {
            durability: arguments.text()?.parse::<Durability>()?,
            create: arguments.truth()?,
            keep_leases: arguments.truth()?,
            max_payload: convert::count("max_payload", arguments.integer()?)?,
            max_failed: convert::count("max_failed", arguments.integer()?)?,
            busy_timeout: time::duration("busy_timeout", arguments.number()?)?,
            ..QueueOptions::default()
        };
        if let Some(clock) = &self.clock {
            options.clock = Arc::clone(clock) as _;
        }
        let queue = Queue::open_with(url, name, options)?;
        self.is_in_memory = url == "memory:";
        self.queue.set(queue).map_err(|_| refuse::packet())
    }

    pub(super) fn close(&mut self) -> Result<()> {
        if let Some(queue) = self.queue.get() {
            queue.close();
        }
        self.dethrottlers.clear();
        Ok(())
    }
}

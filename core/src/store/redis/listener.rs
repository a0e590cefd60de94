//! A thread that waits at a server for the ends of jobs.

use std::time::Duration;

use crate::error::Result;
use crate::store::{Ear, Listener, News};
use crate::token::JobId;

use super::{Carrier, Place, RedisStore};

/// A thread that waits at a server for the ends of jobs, on a connection of its own. The server
/// keeps in mind for some seconds what it waits for; the place lets it ask again before that.
pub(super) struct RedisListener<'a, C: Carrier + 'a> {
    place: C::Place<'a>,
    polls: bool,
}

impl<C: Carrier> RedisStore<C> {
    /// Enters a listener.
    pub(super) fn listen(&self, ear: Ear) -> Result<RedisListener<'_, C>> {
        let key = self.protocol.ends_key(&self.name_of(ear));
        let mut place = self.carrier.place(&key)?;
        place.stand_alone();
        Ok(RedisListener { place, polls: self.carrier.polls() })
    }

    /// Gives the name by which the server tells a listener from all others of the queue.
    pub(super) fn name_of(&self, ear: Ear) -> String {
        // With the process: a fork carries the rest over.
        let (seed, process) = (self.protocol.tag_seed(), crate::fork::process());
        format!("{seed:08x}.{process}.{}", ear.0)
    }
}

impl<'a, C: Carrier> RedisListener<'a, C> {
    /// Gives the place to whoever waits with it.
    pub(super) fn place_to_wait(&mut self) -> &mut C::Place<'a> {
        &mut self.place
    }

    /// Tells what the last wait with the place has brought.
    pub(super) fn news(&self) -> News {
        let ended = self.place.taken().and_then(|id| std::str::from_utf8(id).ok()?.parse().ok());
        match ended {
            Some(id) => News::Ends(vec![JobId(id)]),
            None if self.place.is_in_line() && !self.polls => News::Nothing,
            // The server has forgotten, or will soon; or the connection was lost.
            None => News::Unknown,
        }
    }
}

impl<C: Carrier> Listener for RedisListener<'_, C> {
    fn wait(&mut self, timeout: Duration) -> Result<News> {
        self.place_to_wait().wait(timeout)?;
        Ok(self.news())
    }
}

//! What JavaScript has handed in and the thread of the queue has not taken yet.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use crate::outbox::lock;
use crate::packet::Packet;

/// The calls of one queue, in the order in which they were made.
#[derive(Default)]
pub struct Inbox {
    mail: Mutex<Mail>,
    arrived: Condvar,
}

#[derive(Default)]
struct Mail {
    packets: Vec<Packet>,
    is_ended: bool,
}

/// What there is for the thread of the queue to do.
pub enum Arrived {
    Packets(Vec<Packet>),
    /// Nothing came until the moment that was named.
    Nothing,
    /// No packet will come any more.
    Ended,
}

impl Inbox {
    /// Hands calls in.
    pub fn put(&self, packet: Packet) {
        lock(&self.mail).packets.push(packet);
        self.arrived.notify_one();
    }

    /// Says that no more will come.
    pub fn end(&self) {
        lock(&self.mail).is_ended = true;
        self.arrived.notify_one();
    }

    /// Says that no more will come, and forgets what did.
    pub fn abandon(&self) {
        lock(&self.mail).packets.clear();
        self.end();
    }

    /// Sleeps until there is something, but only until that moment, if one is named.
    pub fn take(&self, until: Option<Instant>) -> Arrived {
        let mut mail = lock(&self.mail);
        loop {
            if !mail.packets.is_empty() {
                return Arrived::Packets(std::mem::take(&mut mail.packets));
            }
            if mail.is_ended {
                return Arrived::Ended;
            }
            mail = match until {
                None => self.arrived.wait(mail).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Arrived::Nothing;
                    }
                    let waited = self.arrived.wait_timeout(mail, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

//! What JavaScript has handed in and the thread of the queue has not taken yet.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
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
    /// Whether the thread sleeps: all that was handed in has been made.
    is_asleep: bool,
    /// Whether the thread is to end when it has taken all.
    is_ended: bool,
    /// Whether the thread has learnt that: it takes no more.
    is_over: bool,
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
    /// Hands calls in; gives them back if there is no thread any more that would take them.
    pub fn put(&self, packet: Packet) -> Result<(), Packet> {
        let mut mail = lock(&self.mail);
        if mail.is_over {
            return Err(packet);
        }
        mail.packets.push(packet);
        self.wake(mail);
        Ok(())
    }

    /// Tells whether all that was handed in has been made, and the thread would have to be woken for more.
    pub fn is_idle(&self) -> bool {
        let mail = lock(&self.mail);
        mail.is_asleep && mail.packets.is_empty() && !mail.is_ended
    }

    /// Lets the thread end when it has taken all.
    pub fn end(&self) {
        let mut mail = lock(&self.mail);
        mail.is_ended = true;
        self.wake(mail);
    }

    /// Lets the thread end without what it has not taken.
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
                mail.is_over = true;
                return Arrived::Ended;
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Arrived::Nothing;
            }
            mail.is_asleep = true;
            mail = match left {
                None => self.arrived.wait(mail).unwrap_or_else(PoisonError::into_inner),
                Some(left) => {
                    let waited = self.arrived.wait_timeout(mail, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
            mail.is_asleep = false;
        }
    }

    /// Wakes the thread; one that is at work looks by itself when it is done.
    fn wake(&self, mail: MutexGuard<'_, Mail>) {
        let is_asleep = mail.is_asleep;
        drop(mail);
        if is_asleep {
            self.arrived.notify_one();
        }
    }
}

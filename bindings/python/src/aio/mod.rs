//! The native half of `fairlane.aio`.
//!
//! A call on an event loop becomes a [`call::Call`] for the thread of its queue ([`line`]), which makes
//! neighbours of one verb together ([`desk`]); pops that wait have a thread more, one for all of them,
//! and so have waits for results ([`fairlane::waits`]). Results lie in the outbox of their event loop ([`outbox`]), which is woken once
//! for all that have come. So there is no thread a call, and nothing blocks the loop.

pub mod call;
pub mod crew;
pub mod desk;
pub mod gate;
pub mod line;
pub mod mail;
pub mod outbox;
pub mod pop;
pub mod result;

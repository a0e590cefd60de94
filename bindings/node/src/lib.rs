//! The native half of the npm package `fairlane`: conversion only.
//!
//! A call of JavaScript is written into a [`packet`] and handed in; a thread of its queue ([`line`])
//! makes it ([`queue`]) and writes the result into the [`outbox`] of its environment, which
//! JavaScript empties in batches. So nothing that may block runs on JavaScript's thread or in libuv's
//! pool, and the border is crossed once a batch, not once a call. What can be said in JavaScript is
//! said there, in `node/lib`.

// In a build for tests napi's macros register nothing.
#![cfg_attr(test, allow(dead_code))]

mod assignments;
mod backoff;
mod cli;
mod door;
mod inbox;
mod line;
mod manual_clock;
mod noun;
mod outbox;
mod packet;
mod post;
mod probe;
mod queue;
mod refuse;
mod time;
mod verb;
mod worker;

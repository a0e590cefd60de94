//! Carries requests to a server, and waits there for work.
//!
//! An [`Address`] says where and as whom; [`Calls`] joins the concurrent calls of a process into
//! pipelines on one connection; a [`Waiter`] waits at the server for work.

mod address;
mod calls;
mod client;
mod closing;
mod endpoint;
mod handshake;
mod link;
mod locator;
mod login;
mod marker;
mod patience;
mod pipeline;
mod post;
mod readable;
mod round;
mod several;
mod shared;
mod socket;
mod task;
mod tls;
mod trouble;
mod waiter;
mod waiting;

pub use address::Address;
pub use calls::Calls;
pub use client::Client;
pub use several::wait_for_any;
pub use waiter::Waiter;

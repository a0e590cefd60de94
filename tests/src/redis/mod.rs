//! Real Redis servers for tests: started in directories of their own, killed, frozen and restarted;
//! and a proxy that loses replies.

mod caller;
mod proxy;
mod server;

pub use caller::{COUNT, Caller};
pub use proxy::Proxy;
pub use server::RedisServer;

//! Real Redis servers for tests: started in directories of their own, killed, frozen and restarted;
//! clusters and groups of them; and a proxy that loses replies.

mod caller;
mod cluster;
mod group;
mod patience;
mod proxy;
mod server;
mod shared;

pub use caller::{COUNT, Caller};
pub use cluster::RedisCluster;
pub use group::RedisGroup;
pub use patience::await_that;
pub use proxy::Proxy;
pub use server::RedisServer;
pub use shared::shared_server;

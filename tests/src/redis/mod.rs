//! Real Redis servers for tests: started in directories of their own, killed, frozen and restarted.

mod server;

pub use server::RedisServer;

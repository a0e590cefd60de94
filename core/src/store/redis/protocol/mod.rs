//! What is said to the server, without a socket, a clock or a thread.

mod reply;
mod request;
mod script;
mod server_error;

pub use reply::Reply;
pub use request::Request;
pub use script::Script;
pub use server_error::{Remedy, ServerError};

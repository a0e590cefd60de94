//! The store on a Redis server.
//!
//! [`protocol`] turns a verb into a request and a reply into a result, and touches nothing else;
//! [`driver`] carries requests to the server and brings back the replies.

pub mod driver;
pub mod protocol;

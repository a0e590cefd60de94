//! fairlane for hosts that run WebAssembly.
//!
//! Nothing here waits or calls back: a verb becomes a [`verb::Verb`], which the JavaScript of the
//! package (`node/wasm`) carries to its end. So a host's promises, timers and clients stay in the
//! host's language, and a trap inside a call reaches its caller as an exception.

mod backoff;
mod errors;
mod given;
mod job;
mod job_info;
mod lane_info;
mod limits;
mod manual_clock;
mod new_job;
mod options;
mod queue;
mod reply;
mod request;
mod row;
mod stats;
mod verb;

//! What the tests of fairlane share: random sequences of operations, a runner that compares stores
//! step by step, what must hold of every state; and processes to kill, a disk that fails, a checker,
//! Redis servers.

pub mod conformance;
pub mod differential;
pub mod environment;
pub mod faults;
pub mod invariants;
pub mod redis;
pub mod stop;
pub mod stores;

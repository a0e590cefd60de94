//! What the tests of fairlane share: random sequences of operations, a runner that compares stores
//! step by step, and what must hold of every state.

pub mod differential;
pub mod invariants;
pub mod stores;

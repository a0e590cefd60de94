//! What the crash, torture and fault suites share: processes to kill, a disk that fails or loses
//! power, ledgers of what was promised, and a checker that decides.

pub mod actor;
pub mod bare;
pub mod checker;
#[cfg(test)]
mod checker_tests;
pub mod control;
pub mod crowd;
pub mod hand;
pub mod ledger;
pub mod limits;
#[cfg(target_os = "linux")]
pub mod places;
pub mod process;
pub mod recording;
pub mod replay;
pub mod server;
pub mod shim;
pub mod stuck;
pub mod survival;

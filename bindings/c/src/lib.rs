//! The C interface of fairlane: conversion only.
//!
//! Every exported function reads as three steps inside its [`boundary`]: convert what came in, call the
//! core, convert what comes out. `c-include/fairlane.h` is generated from this crate, in the order of
//! the modules below.

mod boundary;
mod bytes;
mod handle;
mod text;

pub mod time;

pub mod defaults;

pub mod id;

pub mod error;

pub mod given_bytes;

pub mod headers;

pub mod job;

pub mod job_info;

pub mod pushed;

pub mod counts;

pub mod limits;

pub mod lane_info;

pub mod schedule_info;

pub mod stats;

pub mod swept;

pub mod repaired;

pub mod interrupt;

pub mod manual_clock;

pub mod queue_options;

pub mod push_options;

pub mod new_jobs;

pub mod limits_change;

pub mod queue;

pub mod dethrottler;

pub mod delivery;

pub mod event;

pub mod background_event;

pub mod callback;

pub mod worker_options;

pub mod worker;

pub mod background_options;

pub mod background_processor;

pub mod backoff;

pub mod fork;

pub mod version;

pub mod probe;

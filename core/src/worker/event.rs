//! What happens in a worker, as an observer is told.

use std::time::Duration;

use crate::error::Error;
use crate::worker::delivery::Delivery;

/// Something that happened in a worker.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A handler begins.
    Started {
        /// Its job.
        job: &'a Delivery,
    },
    /// A job is done.
    Done {
        /// The job.
        job: &'a Delivery,
        /// How long the handler took.
        took: Duration,
    },
    /// A try failed, and the job comes again.
    Failed {
        /// The job.
        job: &'a Delivery,
        /// How long the handler took.
        took: Duration,
        /// Why.
        error: &'a str,
    },
    /// A try failed, and the job is dead.
    Dead {
        /// The job.
        job: &'a Delivery,
        /// How long the handler took.
        took: Duration,
        /// Why.
        error: &'a str,
    },
    /// A job went back untried.
    Released {
        /// The job.
        job: &'a Delivery,
    },
    /// A delivery lapsed or was cancelled before its handler had ended it.
    Lost {
        /// The job.
        job: &'a Delivery,
    },
    /// A queue has no job for now.
    Idle {
        /// The queue's name.
        queue: &'a str,
    },
    /// The store could not serve; the worker goes on trying.
    Trouble {
        /// The queue's name.
        queue: &'a str,
        /// What the store said.
        error: &'a Error,
    },
}

impl Event<'_> {
    pub(super) fn log(&self) {
        match self {
            Self::Started { job } => log::debug!("job {} begins, try {}", job.id, job.tries),
            Self::Done { job, took } => log::debug!("job {} is done after {took:?}", job.id),
            Self::Failed { job, error, .. } => {
                log::warn!("job {} failed in try {}: {error}", job.id, job.tries);
            }
            Self::Dead { job, error, .. } => {
                log::error!("job {} is dead after try {}: {error}", job.id, job.tries);
            }
            Self::Released { job } => log::debug!("job {} goes back untried", job.id),
            Self::Lost { job } => log::warn!("delivery {} of job {} is lost", job.token, job.id),
            Self::Idle { queue } => log::debug!("queue {queue:?} has no job for now"),
            Self::Trouble { queue, error } => {
                log::warn!("queue {queue:?} cannot serve, trying again: {error}");
            }
        }
    }
}

//! Randomness, injected: jitter is drawn here and nowhere else.

use std::sync::atomic::{AtomicU64, Ordering};

/// Draws the numbers behind jitter.
pub trait Random: Send + Sync {
    /// Gives a number in `0.0 <= x < 1.0`.
    fn unit(&self) -> f64;
}

/// Draws from a generator of the calling thread, seeded by the system.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn unit(&self) -> f64 {
        fastrand::f64()
    }
}

/// Draws the same numbers from the same seed; for tests.
#[derive(Debug)]
pub struct SeededRandom(AtomicU64);

impl SeededRandom {
    /// Makes a generator whose whole sequence follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Random for SeededRandom {
    fn unit(&self) -> f64 {
        // One step of a counter-based generator: each draw is a fresh stream seeded by its number.
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        fastrand::Rng::with_seed(number).f64()
    }
}

//! What an environment has of its own: its outbox, and the threads of its queues.
//!
//! An environment is Node's main thread or one of its worker threads. When it is torn down, by
//! whatever cause, its queues are closed and its threads are joined before Node goes on: none of them
//! may call an environment that is no more.

use std::sync::{Arc, Mutex};

use fairlane::{Error, ErrorCode};
use napi::Env;
use napi::bindgen_prelude::{Float64ArraySlice, Function, Uint8ArraySlice};
use napi_derive::napi;

use crate::door;
use crate::line::{self, Line, Running};
use crate::manual_clock::ManualClock;
use crate::outbox::{Outbox, lock};
use crate::worker::{Employed, Registry, Worker};

/// Opens lines, and hands out what their threads have to say.
#[napi]
pub struct Post {
    outbox: Arc<Outbox>,
    threads: Arc<Mutex<Vec<Running>>>,
    workers: Registry,
}

#[napi]
impl Post {
    /// Makes the post of the calling environment; `come` is called when there are results.
    #[napi(constructor)]
    pub fn new(env: Env, come: Function<'_, (), ()>) -> napi::Result<Self> {
        let outbox = Arc::new(Outbox::new(&come)?);
        let threads = Arc::<Mutex<Vec<Running>>>::default();
        let workers = Registry::default();
        // Hooks run in the reverse order in which they were added: this one before that of the bell,
        // which was made before. So the threads can ring until they are joined.
        let all = (Arc::clone(&workers), Arc::clone(&threads));
        env.add_env_cleanup_hook(all, |(workers, threads)| {
            // Before their queues are closed: they have deliveries to end.
            std::mem::take(&mut *lock(&workers)).into_iter().for_each(Employed::end);
            end(&threads);
        })?;
        Ok(Self { outbox, threads, workers })
    }

    /// Starts the thread of a queue.
    #[napi]
    pub fn line(&self, clock: Option<&ManualClock>) -> napi::Result<Line, &'static str> {
        door::entered(|| {
            let mut threads = lock(&self.threads);
            threads.retain(|running| !running.is_over());
            let clock = clock.map(ManualClock::shared);
            let (line, running) = line::start(Arc::clone(&self.outbox), clock)?;
            threads.push(running);
            Ok(line)
        })
    }

    /// Makes a worker that posts under this number.
    #[napi]
    pub fn worker(&self, number: f64) -> Worker {
        Worker::new(number, Arc::clone(&self.outbox), Arc::clone(&self.workers))
    }

    /// Moves all results into these arrays, how many numbers and bytes there are first; only that,
    /// and gives false, if they are too small. An object of both would cost more than the move.
    #[napi]
    pub fn fetch(
        &self,
        numbers: Float64ArraySlice<'_>,
        bytes: Uint8ArraySlice<'_>,
    ) -> napi::Result<bool, &'static str> {
        door::entered(|| Ok(self.outbox.fetch(numbers, bytes)))
    }

    /// Keeps the process alive, or no longer.
    #[napi]
    pub fn hold(&self, env: Env, is_held: bool) -> napi::Result<(), &'static str> {
        door::entered(|| {
            self.outbox.hold(&env, is_held).map_err(|error| {
                Error::new(ErrorCode::Internal, format!("event loop refuses: {error}"))
            })
        })
    }
}

fn end(threads: &Mutex<Vec<Running>>) {
    let threads = std::mem::take(&mut *lock(threads));
    for running in &threads {
        running.abandon();
    }
    for running in threads {
        running.join();
    }
}

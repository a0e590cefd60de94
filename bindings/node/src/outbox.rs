//! The ring of an environment: results that JavaScript has not fetched yet.
//!
//! Threads write into it at any time; JavaScript is called once, fetches all there are, and is called
//! again only for what comes after that. So a thousand results cost one wake-up of the event loop.

use std::sync::{Mutex, MutexGuard, PoisonError};

use fairlane::{Error, Result};
use napi::bindgen_prelude::{Float64ArraySlice, Function, Uint8ArraySlice};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};

use crate::packet::Packet;

/// Calls JavaScript's thread; weak, so that by itself it does not keep the process alive.
type Bell = ThreadsafeFunction<(), (), (), Status, false, true>;

/// The number that stands for "ended by its signal" where the number of an error code stands.
const ABORTED: i64 = -1;

/// The results of one environment.
pub struct Outbox {
    results: Mutex<Results>,
    bell: Mutex<Bell>,
}

#[derive(Default)]
struct Results {
    packet: Packet,
    /// Whether JavaScript was called, or will come by itself, and has not come yet.
    is_rung: bool,
}

impl Outbox {
    /// Makes an outbox that calls `come` when there are results.
    pub fn new(come: &Function<'_, (), ()>) -> napi::Result<Self> {
        let builder = come.build_threadsafe_function::<()>();
        let bell = builder.callee_handled::<false>().weak::<true>().build()?;
        Ok(Self { results: Mutex::default(), bell: Mutex::new(bell) })
    }

    /// Writes results, and calls JavaScript if it was not called already.
    pub fn post(&self, write: impl FnOnce(&mut Packet)) {
        let mut results = lock(&self.results);
        write(&mut results.packet);
        let was_rung = std::mem::replace(&mut results.is_rung, true);
        drop(results);
        if !was_rung {
            // Refused only when the environment is being torn down: then nobody waits.
            lock(&self.bell).call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Keeps from calling JavaScript, which will come by itself.
    pub fn silence(&self) {
        lock(&self.results).is_rung = true;
    }

    /// Posts the result of one call.
    pub fn reply(&self, call: f64, result: Result<()>, write: impl FnOnce(&mut Packet)) {
        self.post(|packet| answer(packet, call, result, write));
    }

    /// Posts that a call was ended by its signal.
    pub fn abort(&self, call: f64) {
        self.post(|packet| {
            let mark = packet.open();
            packet.number(call);
            packet.integer(ABORTED);
            packet.close(mark);
        });
    }

    /// Moves all results to where JavaScript reads them, as one part; tells whether there was room
    /// for more than its head, which says how many numbers and bytes there are.
    pub fn fetch(
        &self,
        mut numbers: Float64ArraySlice<'_>,
        mut bytes: Uint8ArraySlice<'_>,
    ) -> bool {
        // SAFETY: JavaScript, the only owner of these arrays, stands still in this call; they are
        // two arrays of their own, which it neither shares with other threads nor resizes.
        #[expect(unsafe_code, reason = "results are written where JavaScript reads them")]
        let (numbers, bytes) = unsafe { (numbers.as_mut(), bytes.as_mut()) };
        let mut results = lock(&self.results);
        let sizes = [results.packet.numbers.len(), results.packet.bytes.len()];
        let Some((head, numbers)) = numbers.split_first_chunk_mut() else { return false };
        *head = sizes.map(|size| size as f64);
        let room = numbers.get_mut(..sizes[0]).zip(bytes.get_mut(..sizes[1]));
        let Some((numbers, bytes)) = room else { return false };
        numbers.copy_from_slice(&results.packet.numbers);
        bytes.copy_from_slice(&results.packet.bytes);
        results.packet.reset();
        results.is_rung = false;
        true
    }

    /// Keeps the process alive, or no longer.
    #[expect(
        deprecated,
        reason = "how many clones there are does not tell whether calls are pending"
    )]
    pub fn hold(&self, env: &Env, is_held: bool) -> napi::Result<()> {
        let mut bell = lock(&self.bell);
        if is_held { bell.refer(env) } else { bell.unref(env) }
    }
}

/// Writes the result of a call as a part: who asked, the number of an error or 0, and what is said.
pub fn answer(packet: &mut Packet, call: f64, result: Result<()>, write: impl FnOnce(&mut Packet)) {
    let mark = packet.open();
    packet.number(call);
    match result {
        Ok(()) => {
            packet.integer(0);
            write(packet);
        }
        Err(error) => refusal(packet, &error),
    }
    packet.close(mark);
}

/// Writes an error: its number and its sentence.
pub fn refusal(packet: &mut Packet, error: &Error) {
    packet.integer(error.code().number().into());
    packet.text(error.message());
}

/// Locks, also after a panic elsewhere: what is written twice is read twice, and harms nobody.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

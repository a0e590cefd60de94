//! The calls of one queue: which are made together here, each group of verbs in its file.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use fairlane::clock::ManualClock;
use fairlane::waits::{ResultWaits, Told, Waits};
use fairlane::{Dethrottler, Error, ErrorCode, Queue, Result};

use crate::door;
use crate::noun::job;
use crate::outbox::{Outbox, answer};
use crate::packet::{Packet, Reader};
use crate::verb::Verb;

mod archive;
mod consume;
mod holds;
mod lanes;
mod look;
mod open;
mod produce;
mod results;
mod schedule;

/// The most jobs that calls have which are brief. So many take two milliseconds or three; to have
/// another thread make them costs a sixteenth more.
const BRIEF_JOBS: usize = 1024;

/// The most bytes that calls bring which are brief.
const BRIEF_BYTES: usize = 256 << 10;

/// Where the calls of a queue are made, by one thread at a time.
pub struct Desk {
    /// Empty before it is open; shared with who may have to close it.
    queue: Arc<OnceLock<Queue>>,
    is_in_memory: bool,
    clock: Option<Arc<ManualClock>>,
    waits: Arc<Waits<f64>>,
    waiter: Option<JoinHandle<()>>,
    result_waits: Arc<ResultWaits<f64>>,
    listener: Option<JoinHandle<()>>,
    dethrottlers: HashMap<i64, Dethrottler>,
    outbox: Arc<Outbox>,
    /// Where the result of a call is written, kept for its memory.
    result: Packet,
}

/// A call that was not made yet.
struct Call<'a> {
    /// Who is told.
    id: f64,
    verb: Verb,
    arguments: Reader<'a>,
}

impl Desk {
    pub fn new(
        queue: Arc<OnceLock<Queue>>,
        outbox: Arc<Outbox>,
        clock: Option<Arc<ManualClock>>,
    ) -> Self {
        let teller = Arc::clone(&outbox);
        let waits = Arc::new(Waits::new(move |told| tell(&teller, told)));
        let teller = Arc::clone(&outbox);
        let tell = move |call, told| results::tell(&teller, call, told);
        Self {
            queue,
            is_in_memory: false,
            clock,
            waits,
            waiter: None,
            result_waits: Arc::new(ResultWaits::new(tell)),
            listener: None,
            dethrottlers: HashMap::new(),
            outbox,
            result: Packet::default(),
        }
    }

    /// Makes the calls of some packets in their order; neighbours of one verb together.
    pub fn make(&mut self, packets: &[Reader<'_>]) {
        let mut calls = Vec::new();
        for packet in packets {
            // A packet that does not begin as it must names nobody who could be told.
            if let Err(error) = read_calls(packet.clone(), &mut calls) {
                log::error!("calls were dropped: {error}");
            }
        }
        self.make_all(&calls);
    }

    /// Makes the calls of a packet if they neither block nor take long; tells whether it did. Then
    /// JavaScript, whose thread this is, comes for the results by itself.
    pub fn make_if_brief(&mut self, packet: Reader<'_>) -> bool {
        // Another thread may hold the store if somebody waits there, or a dethrottler runs.
        let is_alone =
            self.waiter.is_none() && self.listener.is_none() && self.dethrottlers.is_empty();
        if !self.is_in_memory || !is_alone || packet.size() > BRIEF_BYTES {
            return false;
        }
        let mut calls = Vec::new();
        let is_read = read_calls(packet, &mut calls).is_ok();
        let jobs = calls.iter().try_fold(0_usize, |sum, call| sum.checked_add(call.jobs()?));
        let is_brief = is_read && jobs.is_some_and(|jobs| jobs <= BRIEF_JOBS);
        if is_brief {
            self.outbox.silence();
            self.make_all(&calls);
        }
        is_brief
    }

    fn make_all(&mut self, calls: &[Call<'_>]) {
        for run in calls.chunk_by(|one, next| one.verb == next.verb && is_joined(one.verb)) {
            if let Err(error) = door::guarded(|| self.make_run(run)) {
                self.refuse(run.iter().map(|call| call.id), &error);
            }
        }
    }

    /// Ends the waits whose time is over; tells when the next one's is.
    pub fn expire(&self) -> Option<Instant> {
        let result = self.queue.get().and_then(|queue| self.result_waits.expire(queue));
        self.waits.expire().into_iter().chain(result).min()
    }

    fn make_run(&mut self, run: &[Call<'_>]) -> Result<()> {
        match run {
            [call, ..] if is_joined(call.verb) => self.make_joined(call.verb, run),
            [call] if call.verb == Verb::Result => self.result(call),
            _ => run.iter().try_for_each(|call| self.make_one(call)),
        }
    }

    fn make_joined(&mut self, verb: Verb, run: &[Call<'_>]) -> Result<()> {
        match verb {
            Verb::Push => self.push(run),
            Verb::Pop => self.pop(run),
            _ => self.mark_complete(run),
        }
    }

    fn make_one(&mut self, call: &Call<'_>) -> Result<()> {
        let mut result = std::mem::take(&mut self.result);
        let made = self.dispatch(call.verb, &mut call.arguments.clone(), &mut result);
        self.outbox.reply(call.id, made, |packet| packet.append(&result));
        result.reset();
        self.result = result;
        Ok(())
    }

    fn dispatch(
        &mut self,
        verb: Verb,
        arguments: &mut Reader<'_>,
        result: &mut Packet,
    ) -> Result<()> {
        match verb {
            Verb::Open => self.open(arguments),
            Verb::Close => self.close(),
            Verb::PushMany => self.push_many(arguments, result),
            Verb::MarkCompleteWith => self.mark_complete_with(arguments),
            Verb::MarkCompleteMany => self.mark_complete_many(arguments, result),
            Verb::MarkCompleteManyWith => self.mark_complete_many_with(arguments, result),
            Verb::Release => self.release(arguments),
            Verb::Retry => self.retry(arguments),
            Verb::Fail => self.fail(arguments),
            Verb::Extend => self.extend(arguments),
            Verb::ExtendMany => self.extend_many(arguments, result),
            Verb::Dethrottle => self.dethrottle(result),
            Verb::StartDethrottler => self.start_dethrottler(arguments),
            Verb::StopDethrottler => self.stop_dethrottler(arguments),
            Verb::Repair => self.repair(result),
            Verb::Throttle => self.throttle(arguments),
            Verb::SetLimits => self.set_limits(arguments),
            Verb::Pause => self.pause(arguments),
            Verb::Resume => self.resume(arguments),
            Verb::Stats => self.stats(result),
            Verb::Size => self.size(arguments, result),
            Verb::Lanes => self.lanes(result),
            Verb::Lane => self.lane(arguments, result),
            Verb::Get => self.get(arguments, result),
            Verb::Peek => self.peek(arguments, result),
            Verb::Cancel => self.cancel(arguments, result),
            Verb::Purge => self.purge(arguments, result),
            Verb::Failed => self.failed(arguments, result),
            Verb::RestoreFailed => self.restore_failed(arguments, result),
            Verb::CleanFailed => self.clean_failed(arguments, result),
            Verb::BumpKeys => self.queue()?.bump_keys(),
            Verb::Hold => self.hold(arguments, result),
            Verb::Keep => self.keep(arguments, result),
            Verb::LetGo => self.let_go(arguments),
            Verb::BumpHolds => self.queue()?.bump_holds(),
            Verb::Schedule => self.schedule(arguments),
            Verb::Unschedule => self.unschedule(arguments, result),
            Verb::Schedules => self.schedules(result),
            Verb::Abort => {
                let call = arguments.number()?;
                self.waits.abort(&call);
                self.result_waits.abort(&call);
                Ok(())
            }
            Verb::Panic => panic!("{}", arguments.text()?),
            Verb::Push | Verb::Pop | Verb::MarkComplete | Verb::Result => {
                Err(crate::refuse::packet())
            }
        }
    }

    fn queue(&self) -> Result<&Queue> {
        self.queue.get().ok_or_else(Error::closed)
    }

    /// Tells many callers the same.
    fn refuse(&self, calls: impl Iterator<Item = f64>, error: &Error) {
        self.outbox.post(|packet| {
            for call in calls {
                answer(packet, call, Err(error.clone()), |_| {});
            }
        });
    }

    /// Tells one caller why its arguments were not accepted, and gives them if they were.
    fn accepted<T>(&self, call: f64, arguments: Result<T>) -> Option<T> {
        let refused = arguments.as_ref().err().cloned();
        if let Some(error) = refused {
            self.outbox.post(|packet| answer(packet, call, Err(error), |_| {}));
        }
        arguments.ok()
    }
}

impl Call<'_> {
    /// Tells how many jobs are pushed, popped or completed; nothing for what may take any time.
    fn jobs(&self) -> Option<usize> {
        let mut arguments = self.arguments.clone();
        match self.verb {
            Verb::Push | Verb::MarkComplete => Some(1),
            Verb::PushMany | Verb::MarkCompleteMany => arguments.length().ok(),
            Verb::Pop => {
                let (count, wait) = (arguments.length().ok()?, arguments.number().ok()?);
                (wait == 0.0).then_some(count)
            }
            _ => None,
        }
    }
}

impl Desk {
    /// Closes the queue, and waits for the threads that serve it.
    pub fn end(&mut self) {
        // Ends what waits in the store, so that the threads that do so can be joined.
        if let Some(queue) = self.queue.get() {
            queue.close();
        }
        self.dethrottlers.clear();
        self.waits.end();
        self.result_waits.end();
        for thread in self.waiter.take().into_iter().chain(self.listener.take()) {
            // It keeps its panics to itself.
            drop(thread.join());
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.end();
    }
}

/// Posts how pops have ended that waited.
fn tell(outbox: &Outbox, told: Vec<(f64, Told)>) {
    for (call, told) in told {
        match told {
            Told::Jobs(jobs) => {
                outbox.reply(call, Ok(()), |packet| job::write_many(packet, jobs.iter()));
            }
            Told::Refused(error) => outbox.reply(call, Err(error), |_| {}),
            Told::Aborted => outbox.abort(call),
        }
    }
}

/// Tells whether neighbouring calls of a verb are made as one.
fn is_joined(verb: Verb) -> bool {
    matches!(verb, Verb::Push | Verb::Pop | Verb::MarkComplete)
}

fn read_calls<'a>(mut reader: Reader<'a>, calls: &mut Vec<Call<'a>>) -> Result<()> {
    while !reader.is_empty() {
        let mut arguments = reader.part()?;
        let verb = Verb::of(arguments.length()?)?;
        calls.push(Call { id: arguments.number()?, verb, arguments });
    }
    Ok(())
}

/// Starts a thread of a queue that waits for something.
fn start(
    name: &str,
    awaited: &str,
    serve: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    thread::Builder::new().name(name.into()).spawn(serve).map_err(|error| {
        let message = format!("thread that waits for {awaited} cannot be started: {error}");
        Error::new(ErrorCode::Unavailable, message)
    })
}

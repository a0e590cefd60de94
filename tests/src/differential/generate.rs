//! The generator: from a seed to a sequence.
//!
//! Every sequence has habits of its own, drawn first: how many lanes, how large the archive, which
//! operations it favours or does without. So some sequences are all throttles and others all
//! deaths, and what needs many steps of one kind comes up.

use fairlane::backoff::BackoffPolicy;
use fairlane::clock::Millis;
use fairlane::headers::MAX_HEADERS;
use fairlane::store::{Held, LaneChange, NewHold, Outcome, Owner};
use fairlane::{
    CatchUp, Due, Headers, JobResult, Key, LimitsChange, NewJob, Rate, Schedule, Timing,
};
use fastrand::Rng;

use super::operation::{
    JobPick, Operation, PickedEnding, PickedFilter, PickedFiring, PickedJob, TokenPick,
};
use crate::stores::DAWN;

/// A sequence and the options under which it runs.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// What it was made from.
    pub seed: u64,
    /// The size of the archive.
    pub max_failed: u64,
    /// The steps.
    pub steps: Vec<Step>,
}

/// A step of a sequence.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its number in the whole sequence, which it keeps when others are left out.
    pub number: usize,
    /// What it does.
    pub operation: Operation,
}

/// Lane names, then numbers: any text will do.
const LANES: [&str; 6] = ["a", "b", "c'\"%", "d\0d", "\u{e9}", "F"];
const SCHEDULES: [&str; 3] = ["s", "t'", "u\0\u{e9}"];
const KEYS: [&str; 4] = ["k", "l", "m\0m", "n'"];
const HEADERS: [&str; 4] = ["traceparent", "h", "\0\"", "\u{e9}"];
const OWNERS: [Owner; 3] = [Owner(7), Owner(1 << 63), Owner(u64::MAX)];
/// A payload that no store will keep in one row with the rest.
const LARGE: usize = 9_000;

/// Makes the sequence of a seed with openings strewn in, for stores that outlive their handle.
pub fn sequence_with_reopenings(seed: u64) -> Sequence {
    let mut sequence = sequence(seed);
    let mut rng = Rng::with_seed(!seed);
    for _ in 0..rng.usize(1..=6) {
        let at = rng.usize(0..sequence.steps.len());
        sequence.steps.insert(at, Step { number: 0, operation: Operation::Reopen });
    }
    for (number, step) in sequence.steps.iter_mut().enumerate() {
        step.number = number;
    }
    sequence
}

/// Makes the sequence of a seed.
pub fn sequence(seed: u64) -> Sequence {
    let mut rng = Rng::with_seed(seed);
    let max_failed = *pick(&mut rng, &[0, 1, 2, 3, 1_000, 1_000, 1_000]);
    let longest = *pick(&mut rng, &[40, 80, 160]);
    let length = rng.usize(15..=longest);
    let mut generator = Generator::new(rng);
    let mut operations: Vec<Operation> = (0..length).map(|_| generator.operation()).collect();
    operations.push(Operation::Dump);
    let number_them = |(number, operation)| Step { number, operation };
    let steps = operations.into_iter().enumerate().map(number_them).collect();
    Sequence { seed, max_failed, steps }
}

struct Generator {
    rng: Rng,
    lanes: usize,
    /// The most jobs that are pushed, popped or ended in one call.
    batch: usize,
    /// How likely each kind of operation is, in the order of [`Generator::operation`].
    weights: [u32; 32],
    /// How often, in percent, a job has a rate, a key, a parent, a delay, headers.
    with_rate: u32,
    with_key: u32,
    with_parent: u32,
    with_delay: u32,
    with_headers: u32,
    /// How often, in percent, a completion leaves a result.
    with_result: u32,
    /// The longest step of the clock.
    stride: Millis,
    /// Whether almost all jobs are pushed, popped and completed, and nothing else happens to them:
    /// stores may write down less of that.
    is_calm: bool,
}

impl Generator {
    fn new(mut rng: Rng) -> Self {
        let mut weights = [
            55, 50, 45, 4, 12, 20, 4, 2, 5, 2, 1, 2, 6, 2, 3, 3, 3, 8, 25, 12, 3, 2, 8, 4, 6, 1, 4,
            1, 1, 2, 6, 20,
        ];
        for weight in &mut weights {
            *weight *= pick(&mut rng, &[0, 1, 2, 2, 2, 2, 6]);
        }
        // Without pushes and pops there is nothing to see.
        weights[0] = weights[0].max(50);
        weights[1] = weights[1].max(50);
        let is_calm = rng.u32(0..4) == 0;
        if is_calm {
            weights[3..].iter_mut().for_each(|weight| *weight /= 8);
        }
        let often: &[u32] = if is_calm { &[0] } else { &[0, 0, 5, 10, 30, 60] };
        // Stores may keep many ready lanes in another way than few.
        let (lanes, batch) =
            if rng.u32(0..6) == 0 { (rng.usize(20..=60), 30) } else { (rng.usize(1..=6), 4) };
        Self {
            lanes,
            batch,
            weights,
            with_rate: *pick(&mut rng, often),
            with_key: *pick(&mut rng, often),
            with_parent: *pick(&mut rng, often),
            with_delay: *pick(&mut rng, often),
            with_headers: *pick(&mut rng, &[0, 0, 0, 5, 50]),
            with_result: if is_calm { 0 } else { *pick(&mut rng, &[0, 20, 60, 100]) },
            stride: *pick(&mut rng, &[20, 100, 500, 3_000]),
            is_calm,
            rng,
        }
    }

    fn operation(&mut self) -> Operation {
        match self.kind() {
            0 => Operation::Push(self.some(self.batch, Self::job)),
            1 => Operation::Pop {
                count: if self.rng.bool() { 1 } else { self.rng.usize(1..=self.batch + 1) },
                lease: self.lease(),
            },
            2 => Operation::Finish(self.some(self.batch, Self::ending)),
            3 => {
                Operation::Extend(self.some(self.batch, Self::token), self.rng.i64(1..=self.stride))
            }
            4 => {
                let lane = self.lane_or_queue();
                let change = self.change(lane.is_some());
                Operation::Configure(lane, change)
            }
            5 => Operation::Sweep,
            6 => Operation::Cancel(self.job_pick()),
            7 => Operation::Purge(self.lane_or_queue()),
            8 => Operation::Restore(self.filter()),
            9 => Operation::Clean(self.filter()),
            10 => Operation::BumpKeys,
            11 => Operation::Stats,
            12 => Operation::Lanes(
                self.chance(20).then(|| self.lane()),
                *pick(&mut self.rng, &[1, 2, 100, 100]),
            ),
            13 => Operation::Lane(self.lane()),
            14 => Operation::Get(self.job_pick()),
            15 => Operation::Peek(self.lane(), self.rng.usize(0..=5)),
            16 => Operation::Failed(self.rng.usize(0..=5)),
            17 => Operation::Dump,
            18 => Operation::Advance(self.step()),
            19 => Operation::AdvanceToDue(*pick(&mut self.rng, &[-1, 0, 0, 0, 1])),
            20 => self.set_back(),
            21 => Operation::Repair,
            22 => Operation::Hold(self.some(self.batch, Self::new_hold), self.holding_time()),
            23 => Operation::Keep(self.some(self.batch, Self::held), self.holding_time()),
            24 => Operation::LetGo(self.some(self.batch, Self::held), self.chance(70)),
            25 => Operation::BumpHolds,
            26 => {
                let schedule = Box::new(self.schedule());
                Operation::Schedule(schedule, self.rng.i64(-10..=self.stride))
            }
            27 => Operation::Unschedule(self.schedule_name()),
            28 => Operation::Schedules,
            29 => Operation::Ticks(*pick(&mut self.rng, &[1, 2, 100])),
            30 => Operation::Fire(PickedFiring {
                name: self.schedule_name(),
                off_by: *pick(&mut self.rng, &[0, 0, 0, 0, 1, -1]),
                next_in: self.rng.i64(-5..=self.stride * 4),
                count: *pick(&mut self.rng, &[0, 1, 1, 1, 3]),
            }),
            _ => Operation::Fate(self.job_pick()),
        }
    }

    fn new_hold(&mut self) -> NewHold {
        let Held { key, owner } = self.held();
        NewHold { key, owner, backoff: *pick(&mut self.rng, &[0, 0, 30, 300, 3_000]) }
    }

    fn held(&mut self) -> Held {
        let key = (*pick(&mut self.rng, &KEYS)).to_owned();
        Held { key, owner: *pick(&mut self.rng, &OWNERS) }
    }

    fn holding_time(&mut self) -> Millis {
        *pick(&mut self.rng, &[1, 100, 1_000, 10_000])
    }

    fn lease(&mut self) -> Millis {
        if self.is_calm && self.chance(98) {
            return 100_000;
        }
        *pick(&mut self.rng, &[0, 50, 100, 1_000, 1_000, 10_000, 100_000])
    }

    fn set_back(&mut self) -> Operation {
        match self.rng.u32(0..3) {
            0 => Operation::SetBack(self.rng.i64(1..=2_000)),
            1 => Operation::SetBack(self.rng.i64(2_001..=6_000)),
            _ => Operation::SetBack(self.rng.i64(2_001..=500_000)),
        }
    }

    fn kind(&mut self) -> usize {
        let mut left = self.rng.u32(0..self.weights.iter().sum());
        for (kind, weight) in self.weights.iter().enumerate() {
            if left < *weight {
                return kind;
            }
            left -= weight;
        }
        0
    }

    /// How far the clock goes: not at all, a little, one stride or many.
    fn step(&mut self) -> Millis {
        match self.rng.u32(0..10) {
            0 => 0,
            1..=3 => self.rng.i64(0..=10),
            4..=8 => self.rng.i64(0..=self.stride),
            _ => self.rng.i64(0..=self.stride * 30),
        }
    }

    fn job(&mut self) -> PickedJob {
        let size = if self.chance(3) { LARGE } else { self.rng.usize(0..=12) };
        let byte = self.rng.u8(..);
        let mut job = NewJob::new(vec![byte; size]).lane(self.lane());
        if self.chance(30) {
            job.priority = *pick(&mut self.rng, &[0, 2, 9]);
        }
        if self.chance(self.with_rate) {
            job.rate = Some(self.rate());
        }
        if self.chance(self.with_delay) {
            job.due = match self.rng.u32(0..4) {
                0 => Due::At(DAWN + self.rng.i64(-10..=self.stride * 20)),
                _ => Due::In(self.rng.i64(0..=self.stride)),
            };
        }
        if self.chance(15) {
            job.cost = *pick(&mut self.rng, &[2, 3, 5, 10_000]);
        }
        if self.chance(self.with_key) {
            let ttl = *pick(&mut self.rng, &[0, 0, 30, 300, 3_000]);
            job.key = Some(Key { name: (*pick(&mut self.rng, &KEYS)).to_owned(), ttl });
        }
        if self.chance(60) {
            job.max_tries = *pick(&mut self.rng, &[1, 1, 2, 3, -1]);
        }
        if self.chance(40) {
            let min = *pick(&mut self.rng, &[0, 1, 20, 100]);
            let max = min + self.rng.i64(0..=500);
            let factor = *pick(&mut self.rng, &[1.0, 1.5, 2.0, 10.0]);
            job.backoff = Some(BackoffPolicy { min, max, factor, jitter: self.rng.bool() });
        }
        if self.chance(self.with_headers) {
            job.headers = self.some(3, Self::header).into_iter().collect();
        }
        let after = self.chance(self.with_parent).then(|| self.job_pick());
        PickedJob { job, after }
    }

    fn header(&mut self) -> (String, String) {
        let size = if self.chance(3) { MAX_HEADERS / 8 } else { self.rng.usize(0..=12) };
        let name = (*pick(&mut self.rng, &HEADERS)).to_owned();
        (name, pick(&mut self.rng, &["v", "\u{e9}", "\0", "\""]).repeat(size))
    }

    fn schedule_name(&mut self) -> String {
        (*pick(&mut self.rng, &SCHEDULES)).to_owned()
    }

    /// Makes a schedule; few differ, so that the same one is met again.
    fn schedule(&mut self) -> Schedule {
        let timing = match self.rng.u32(0..3) {
            0 => Timing::Cron { expression: "0 9 * * *".into(), timezone: "UTC".into() },
            _ => Timing::Every(*pick(&mut self.rng, &[100, 1_000])),
        };
        let job = if self.rng.bool() {
            NewJob::new("tick").lane("a")
        } else {
            NewJob { rate: None, due: Due::Now, headers: Headers::new(), ..self.job().job }
        };
        let catch_up = *pick(&mut self.rng, &[CatchUp::One, CatchUp::One, CatchUp::All]);
        Schedule::new(self.schedule_name(), timing, job).catch_up(catch_up)
    }

    fn ending(&mut self) -> PickedEnding {
        let token = self.token();
        let mut then = Vec::new();
        let error = format!("failure {}", self.rng.u32(0..10));
        let outcome = match self.rng.u32(0..10) {
            _ if self.is_calm && self.chance(95) => Outcome::done(),
            0..=3 => {
                if self.chance(20) {
                    then = self.some(3, Self::job);
                }
                let result = self.chance(self.with_result).then(|| self.result());
                Outcome::Complete { then: Vec::new(), result }
            }
            4..=5 => Outcome::Release { delay: self.delay() },
            6..=8 => Outcome::Retry {
                error,
                delay: self.chance(50).then(|| self.delay()),
                random: *pick(&mut self.rng, &[0.0, 0.3, 0.999]),
            },
            _ => Outcome::Fail { error },
        };
        PickedEnding { token, outcome, then }
    }

    fn result(&mut self) -> JobResult {
        let size = if self.chance(3) { LARGE } else { self.rng.usize(0..=12) };
        let ttl = *pick(&mut self.rng, &[1, 300, 3_000, 100_000, 1_000_000]);
        JobResult { value: vec![self.rng.u8(..); size], ttl }
    }

    fn change(&mut self, is_lane: bool) -> LaneChange {
        match self.rng.u32(0..10) {
            0 => LaneChange::Pause,
            1..=2 => LaneChange::Resume,
            3..=4 => LaneChange::Throttle(self.delay()),
            _ => LaneChange::Limits(LimitsChange {
                rate: self.chance(40).then(|| self.rate()),
                max_in_flight: self.chance(40).then(|| *pick(&mut self.rng, &[0, 1, 2, 3])),
                weight: (is_lane && self.chance(30))
                    .then(|| *pick(&mut self.rng, &[1, 2, 3, 7, 1_000])),
                max_waiting: self.chance(20).then(|| *pick(&mut self.rng, &[0, 0, 1, 3, 6])),
            }),
        }
    }

    fn rate(&mut self) -> Rate {
        let count = *pick(&mut self.rng, &[0, 1, 1, 2, 3, 5]);
        Rate { count, window: *pick(&mut self.rng, &[1, 10, 100, 100, 1_000]) }
    }

    fn filter(&mut self) -> PickedFilter {
        match self.rng.u32(0..3) {
            0 => PickedFilter::All,
            1 => PickedFilter::Lane(self.lane()),
            _ => PickedFilter::Ids(self.some(4, Self::job_pick)),
        }
    }

    fn delay(&mut self) -> Millis {
        if self.rng.bool() { 0 } else { self.rng.i64(0..=self.stride) }
    }

    fn lane(&mut self) -> String {
        let number = self.rng.usize(0..self.lanes);
        LANES.get(number).map_or_else(|| format!("lane {number}"), |name| (*name).to_owned())
    }

    fn lane_or_queue(&mut self) -> Option<String> {
        self.chance(70).then(|| self.lane())
    }

    fn job_pick(&mut self) -> JobPick {
        if self.chance(2) { JobPick(0) } else { JobPick(1 + self.recent(30)) }
    }

    fn token(&mut self) -> TokenPick {
        let back = self.recent(6 * self.batch as u64 / 4) as usize;
        match self.rng.u32(0..30) {
            0 => TokenPick::Foreign(back),
            1 => TokenPick::Early(back),
            _ => TokenPick::Given(back),
        }
    }

    /// Draws a number below `end`, small ones more often.
    fn recent(&mut self, end: u64) -> u64 {
        let end = self.rng.u64(0..end);
        self.rng.u64(0..=end)
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.u32(0..100) < percent
    }

    fn some<T>(&mut self, most: usize, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = if self.rng.bool() { 1 } else { self.rng.usize(1..=most) };
        (0..count).map(|_| item(self)).collect()
    }
}

fn pick<'a, T>(rng: &mut Rng, from: &'a [T]) -> &'a T {
    &from[rng.usize(0..from.len())]
}

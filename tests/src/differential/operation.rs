//! The operations of a sequence. Jobs and tokens are picked by how recent they are, so that an
//! operation still makes sense when others before it are left out.

use fairlane::clock::Millis;
use fairlane::store::{Held, LaneChange, NewHold, Outcome};
use fairlane::{NewJob, Schedule};

/// One step of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Pushes jobs in one call.
    Push(Vec<PickedJob>),
    /// Pops up to `count` jobs.
    Pop {
        /// How many.
        count: usize,
        /// For how long, in milliseconds.
        lease: Millis,
    },
    /// Ends deliveries in one call.
    Finish(Vec<PickedEnding>),
    /// Extends leases in one call.
    Extend(Vec<TokenPick>, Millis),
    /// Changes a lane or the queue.
    Configure(Option<String>, LaneChange),
    /// Sweeps.
    Sweep,
    /// Cancels a job.
    Cancel(JobPick),
    /// Purges a lane or the queue.
    Purge(Option<String>),
    /// Restores dead jobs.
    Restore(PickedFilter),
    /// Forgets dead jobs.
    Clean(PickedFilter),
    /// Frees all keys.
    BumpKeys,
    /// Takes keys in one call.
    Hold(Vec<NewHold>, Millis),
    /// Makes holds last, in one call.
    Keep(Vec<Held>, Millis),
    /// Ends holds in one call; tells whether the work was done.
    LetGo(Vec<Held>, bool),
    /// Ends all holds.
    BumpHolds,
    /// Keeps a schedule whose first tick comes after so many milliseconds.
    Schedule(Box<Schedule>, Millis),
    /// Ends a schedule.
    Unschedule(String),
    /// Lists the schedules.
    Schedules,
    /// Looks which ticks have come.
    Ticks(usize),
    /// Settles ticks.
    Fire(PickedFiring),
    /// Repairs a queue that is in order.
    Repair,
    /// Reads the counts.
    Stats,
    /// Lists lanes.
    Lanes(Option<String>, usize),
    /// Looks at a lane.
    Lane(String),
    /// Looks at a job.
    Get(JobPick),
    /// Asks what has become of a job.
    Fate(JobPick),
    /// Looks at the next jobs of a lane.
    Peek(String, usize),
    /// Looks at the dead.
    Failed(usize),
    /// Compares everything.
    Dump,
    /// Turns the clock forward.
    Advance(Millis),
    /// Turns the clock to the moment that the last pop named, and then by that much.
    AdvanceToDue(Millis),
    /// Sweeps, so that all stores have recorded the moment, and turns the clock back.
    SetBack(Millis),
    /// Closes and opens the stores that outlive it.
    Reopen,
}

/// Picks a job: 1 is the latest that was pushed, 2 the one before, and so on in a circle; 0 was
/// never pushed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JobPick(pub u64);

/// Picks a token: 0 is the latest that was popped, 1 the one before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TokenPick {
    /// As it was popped; stale, if the delivery is over.
    Given(usize),
    /// With the tag of another queue.
    Foreign(usize),
    /// Of a delivery that has not come yet.
    Early(usize),
}

/// A job to push, with its parent picked.
#[derive(Debug, Clone, PartialEq)]
pub struct PickedJob {
    /// The job; its `after` is filled in by the runner.
    pub job: NewJob,
    /// The parent.
    pub after: Option<JobPick>,
}

/// The end of a delivery, with the token and the parents of follow-ups picked.
#[derive(Debug, Clone, PartialEq)]
pub struct PickedEnding {
    /// The delivery.
    pub token: TokenPick,
    /// How it ends; the follow-ups of a completion are filled in by the runner.
    pub outcome: Outcome,
    /// The follow-ups of a completion.
    pub then: Vec<PickedJob>,
}

/// What settles the ticks of a schedule, with its jobs made from the schedule as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct PickedFiring {
    /// The schedule.
    pub name: String,
    /// How far off the tick is that is thought to be its next.
    pub off_by: Millis,
    /// How many milliseconds from now the next one comes.
    pub next_in: Millis,
    /// How many jobs are pushed.
    pub count: usize,
}

/// Which dead jobs, with ids picked.
#[derive(Debug, Clone, PartialEq)]
pub enum PickedFilter {
    /// All of them.
    All,
    /// Those of a lane.
    Lane(String),
    /// These, dead or not.
    Ids(Vec<JobPick>),
}

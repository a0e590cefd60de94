//! Schedules: kept by the store, reckoned and fired here.

use crate::clock::Millis;
use crate::error::{ErrorCode, Result};
use crate::job::validate_name;
use crate::queue::Queue;
use crate::schedule::{Schedule, ScheduleInfo};
use crate::store::{Ask, Batch, Firing};

/// How many schedules are fired between two looks at the clock.
const TICKS_AT_ONCE: usize = 100;
/// How often one pop looks again because a tick had come: schedules of a millisecond tick again
/// before it is done.
const MOST_LOOKS: usize = 3;

impl Queue {
    /// Pushes a job at every tick of a schedule, from now on and until [`Queue::unschedule`].
    ///
    /// The schedule is kept in the store. A schedule of that name is replaced; if nothing differs it
    /// stays as it is, with its next tick, so that every process of a program may call this when it
    /// starts. Each tick is pushed once, by whichever process pops, waits for a job or sweeps first
    /// when it comes; if there is none, the tick is missed, and `catch_up` says what comes of it.
    ///
    /// # Errors
    /// `InvalidArgument` names what is not accepted, `PayloadTooLarge`; `Unsupported` if it ticks by
    /// the calendar and this build knows none; those of the store.
    pub fn schedule(&self, schedule: Schedule) -> Result<()> {
        schedule.validate(self.max_payload)?;
        // The clock is the store's.
        let now = self.store.ticks(1)?.now;
        let next_at = schedule.first_at(now)?;
        self.store.schedule(schedule, next_at)
    }

    /// Ends a schedule; tells whether there was one. Jobs that it has pushed stay.
    ///
    /// # Errors
    /// `InvalidArgument` if the name is not accepted; those of the store.
    pub fn unschedule(&self, name: &str) -> Result<bool> {
        validate_name("schedule", name)?;
        self.store.unschedule(name.to_owned())
    }

    /// Lists the schedules by name.
    ///
    /// # Errors
    /// Those of the store.
    pub fn schedules(&self) -> Result<Vec<ScheduleInfo>> {
        self.store.schedules()
    }

    /// Pops by `pop`; pushes what ticks are due for when the store says so, and then looks again if
    /// there was no job: for one that was pushed, here or elsewhere, and for the tick that comes next.
    /// Every pop does so; this is the door for hosts that pop on behalf of workers that wait.
    ///
    /// # Errors
    /// Those of the store.
    pub fn pop_with_ticks(
        &self,
        ask: Ask,
        mut pop: impl FnMut(Ask) -> Result<Batch>,
    ) -> Result<Batch> {
        let mut batch = pop(ask)?;
        for _ in 0..MOST_LOOKS {
            if !batch.has_tick {
                break;
            }
            match self.fire_ticks() {
                Ok(true) if batch.jobs.is_empty() => batch = pop(ask)?,
                Ok(_) => break,
                Err(error) if batch.jobs.is_empty() => return Err(error),
                Err(error) => {
                    // The jobs are the caller's already; the next pop sees the tick again.
                    log::warn!("queue {:?}: a tick is not pushed yet: {error}", self.name);
                    break;
                }
            }
        }
        Ok(batch)
    }

    /// Pushes what ticks are due for. Any number of threads and processes may be at it: for each tick
    /// the store hears one of them. Tells whether none is left of which nobody here knows the next.
    pub(super) fn fire_ticks(&self) -> Result<bool> {
        loop {
            let ticks = self.store.ticks(TICKS_AT_ONCE)?;
            let mut settled = 0;
            for info in &ticks.due {
                settled += usize::from(self.fire(info, ticks.now)?);
            }
            if settled < TICKS_AT_ONCE {
                return Ok(settled == ticks.due.len());
            }
        }
    }

    /// Settles the ticks of a schedule that have come; tells whether they are settled now.
    fn fire(&self, info: &ScheduleInfo, now: Millis) -> Result<bool> {
        let schedule = &info.schedule;
        let ticked = match schedule.ticked(info.next_at, now) {
            Ok(ticked) => ticked,
            Err(error) => {
                // Another process may know more of calendars than this one.
                log::warn!("schedule {:?} cannot be fired here: {error}", schedule.name);
                return Ok(false);
            }
        };
        let skipping = Firing {
            name: schedule.name.clone(),
            lane: schedule.job.lane.clone(),
            expected: info.next_at,
            last_at: ticked.last_at,
            next_at: ticked.next_at,
            jobs: Vec::new(),
        };
        let jobs = vec![schedule.job.clone(); ticked.pushes];
        match self.store.fire(Firing { jobs, ..skipping.clone() }) {
            Err(error) if error.code() == ErrorCode::QueueFull => {
                log::warn!("schedule {:?} skips a tick: {error}", schedule.name);
                self.store.fire(skipping)?;
            }
            // Whether this call has done so or another is all the same.
            fired => drop(fired?),
        }
        Ok(true)
    }
}

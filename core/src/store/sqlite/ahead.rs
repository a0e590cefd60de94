//! Reading ahead: the jobs that pops take from a lane stand one behind the other in its order, so
//! that one statement reads several, for this pop and the next ones.

use std::collections::{HashMap, VecDeque};

use crate::store::sqlite::call::Call;
use crate::store::sqlite::foremost::Foremost;
use crate::store::sqlite::step::Step;

/// The most jobs that are read ahead from a lane.
const READ_AHEAD: usize = 64;

/// Before the first ready place of a lane: a rank and a position, with which one can reckon.
const BEFORE_ALL: (i64, i64) = (0, i64::MIN / 2);

/// Ready jobs that were read before they were asked for, lane by lane.
///
/// They are true until a place in the ready order of their lane is written by anything but the
/// booking of pops; see [`Ahead::forget`].
#[derive(Debug, Default)]
pub(super) struct Ahead {
    lanes: HashMap<i64, Line>,
}

#[derive(Debug)]
struct Line {
    jobs: VecDeque<Foremost>,
    /// The rank and the position of the last job that was popped: it and those before it stand at
    /// their places until the books are kept.
    popped_to: (i64, i64),
    /// How many jobs the last look has asked for: who pops again and again reads more each time.
    count: usize,
}

impl Ahead {
    /// Forgets what was read from a lane.
    pub(super) fn forget(&mut self, lane: i64) {
        if let Some(line) = self.lanes.get_mut(&lane) {
            line.forget();
        }
    }

    /// Forgets all that was read.
    pub(super) fn forget_all(&mut self) {
        self.lanes.values_mut().for_each(Line::forget);
    }

    /// Notes that a job was popped, and stands at its place still.
    pub(super) fn popped(&mut self, lane: i64, rank: i64, position: i64) {
        let line = self.line(lane);
        line.popped_to = line.popped_to.max((rank, position));
    }

    /// Notes that all jobs that were popped have left their places.
    pub(super) fn all_have_left(&mut self) {
        self.lanes.retain(|_, line| {
            line.popped_to = BEFORE_ALL;
            !line.jobs.is_empty()
        });
    }

    fn line(&mut self, lane: i64) -> &mut Line {
        self.lanes.entry(lane).or_insert_with(|| Line {
            jobs: VecDeque::new(),
            popped_to: BEFORE_ALL,
            count: 0,
        })
    }
}

impl Line {
    fn forget(&mut self) {
        self.jobs.clear();
        // What is read far ahead and forgotten again is read in vain.
        self.count = 0;
    }
}

impl Call<'_> {
    /// Takes the foremost job of a lane that was not taken before; `wanted` tells how many more will
    /// be asked for at once.
    pub(super) fn foremost(&mut self, lane: i64, wanted: usize) -> Step<Option<Foremost>> {
        let foremost = self.read_foremost(lane, wanted)?;
        let rank = foremost.as_ref().map_or(i64::MAX, |foremost| foremost.rank);
        if !self.has_unplaced_before(rank) {
            return Ok(foremost);
        }
        // A job that has no place yet may go before this one.
        self.book()?;
        self.read_foremost(lane, wanted)
    }

    fn read_foremost(&mut self, lane: i64, wanted: usize) -> Step<Option<Foremost>> {
        let line = self.ahead.line(lane);
        if line.jobs.is_empty() {
            line.count = wanted.max(line.count * 2).clamp(1, READ_AHEAD);
            line.jobs = Foremost::find(self.sql, lane, line.popped_to, line.count)?;
        }
        Ok(line.jobs.pop_front())
    }
}

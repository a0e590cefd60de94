//! Repairing, in steps: each request looks at a part of the queue, which is at work meanwhile.
//!
//! What has to be known of the whole is kept here and not on the server: which jobs there are, and
//! which of them a list has named. A job that seems to stand in the wrong place may only have moved
//! between two steps, so the last word has a script that looks at all its places at once.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};

use crate::clock::Millis;
use crate::error::Result;
use crate::store::Repaired;

use super::told::Parts;
use super::{Protocol, Reply, Request, Script, schedule, scripts, unexpected, unsigned};

/// How many lanes, or jobs, one request names at most.
const AT_ONCE: usize = 64;

/// What was seen of a live job, in bits: it was delivered before, it is in no list because it is
/// delayed, blocked or in flight, and it was found in a list.
const HAS_RUN: u8 = 1;
const IS_ELSEWHERE: u8 = 2;
const IS_LISTED: u8 = 4;

/// The counters of lanes that are counted anew, and the letters by which a lane says that one of
/// them is not 0.
const COUNTERS: [(&str, u8); 3] = [("leases", b'f'), ("delayed", b'd'), ("blocked", b'b')];
/// The indexes that are looked through; the names of lanes must be known before lanes are looked at.
const INDEXES: [&str; 7] = ["names", "ready", "wakes", "dead", "kept", "ticks", "results"];

/// A repair under way.
#[derive(Debug)]
pub struct Repair<'a> {
    protocol: &'a Protocol,
    stage: Stage,
    jobs: HashMap<u64, u8>,
    dead: HashSet<u64>,
    /// The letters of the counters that were not 0, by lane.
    lanes: BTreeMap<Vec<u8>, Vec<u8>>,
    suspects: VecDeque<Suspect>,
    mended_lanes: BTreeSet<Vec<u8>>,
    /// Jobs that are named somewhere and have no row.
    missing: HashSet<u64>,
    /// Jobs that were counted as lost already.
    damaged: HashSet<u64>,
    repaired: Repaired,
}

/// What is looked at next.
#[derive(Debug)]
enum Stage {
    Rows { cursor: Vec<u8> },
    Names { cursor: Vec<u8> },
    Counts { nth: usize },
    Lanes { left: VecDeque<Vec<u8>>, at: ListPlace },
    Jobs { asked: usize },
    Index { nth: usize, cursor: Vec<u8> },
    Ticks { cursor: Vec<u8>, lost: Vec<(String, Millis)> },
    Queue,
    Done,
}

/// Where the reading of a lane's lists goes on: a priority, a place, the element before it.
#[derive(Debug, Clone)]
struct ListPlace {
    priority: i64,
    place: i64,
    before: Vec<u8>,
}

impl ListPlace {
    const START: Self = Self { priority: 9, place: 0, before: Vec::new() };
}

/// A job to be looked at closely, with the list and the element by which it was found.
#[derive(Debug, Clone, Default)]
struct Suspect {
    id: Option<u64>,
    lane: Vec<u8>,
    priority: i64,
    element: Vec<u8>,
}

impl Protocol {
    /// Begins a repair: [`Repair::next`] gives requests until all is done, and [`Repair::take`] is
    /// to be given the reply to each.
    pub fn repair(&self) -> Repair<'_> {
        Repair {
            protocol: self,
            stage: Stage::Rows { cursor: b"0".to_vec() },
            jobs: HashMap::new(),
            dead: HashSet::new(),
            lanes: BTreeMap::new(),
            suspects: VecDeque::new(),
            mended_lanes: BTreeSet::new(),
            missing: HashSet::new(),
            damaged: HashSet::new(),
            repaired: Repaired::default(),
        }
    }
}

impl Repair<'_> {
    /// Gives the next request; `None` when all is done.
    pub fn next(&mut self, clock: Option<Millis>) -> Option<Request> {
        let begin = |script: &'static Script| self.protocol.request(script, clock);
        Some(match &mut self.stage {
            Stage::Rows { cursor } => {
                let mut request = begin(&scripts::REPAIR_ROWS);
                request.push(cursor.clone());
                request
            }
            Stage::Names { cursor } => index(begin(&scripts::REPAIR_INDEX), INDEXES[0], cursor),
            Stage::Index { nth, cursor } => {
                index(begin(&scripts::REPAIR_INDEX), INDEXES.get(*nth)?, cursor)
            }
            Stage::Counts { nth } => {
                let (name, letter) = *COUNTERS.get(*nth)?;
                let mut request = begin(&scripts::REPAIR_COUNTS);
                request.push(name);
                let lanes = self.lanes.iter().filter(|(_, letters)| letters.contains(&letter));
                lanes.for_each(|(name, _)| request.push(name.clone()));
                request
            }
            Stage::Lanes { left, at } => {
                let mut request = begin(&scripts::REPAIR_LANES);
                request.push(at.priority.to_string());
                request.push(at.place.to_string());
                request.push(at.before.clone());
                left.iter().take(AT_ONCE).for_each(|lane| request.push(lane.clone()));
                request
            }
            Stage::Jobs { asked } => {
                let mut request = begin(&scripts::REPAIR_JOBS);
                *asked = self.suspects.len().min(AT_ONCE);
                for suspect in self.suspects.iter().take(*asked) {
                    request.push(suspect.id.map_or(String::new(), |id| id.to_string()));
                    request.push(suspect.lane.clone());
                    request.push(suspect.priority.to_string());
                    request.push(suspect.element.clone());
                }
                request
            }
            Stage::Ticks { cursor, lost } => {
                let mut request = begin(&scripts::REPAIR_TICKS);
                request.push(cursor.clone());
                for (name, next_at) in lost {
                    request.push(name.as_str());
                    request.push(next_at.to_string());
                }
                request
            }
            Stage::Queue => {
                let mut request = begin(&scripts::REPAIR_QUEUE);
                let missing = self.missing.difference(&self.damaged).count();
                let highest = self.jobs.keys().chain(&self.dead).max().copied().unwrap_or(0);
                request.push(missing.to_string());
                request.push(highest.to_string());
                request
            }
            Stage::Done => return None,
        })
    }

    /// Takes the reply to the last request.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the scripts give.
    pub fn take(&mut self, reply: Reply) -> Result<()> {
        let mut parts = Parts::of(reply)?;
        self.repaired.dropped_entries += unsigned(parts.int()?)?;
        self.repaired.placed_jobs += unsigned(parts.int()?)?;
        self.repaired.mended_sums += unsigned(parts.int()?)?;
        for lane in parts.next().list()? {
            self.mended_lanes.insert(lane.bytes()?);
        }
        self.missing.extend(ids(parts.next())?);
        self.damaged.extend(ids(parts.next())?);
        self.stage = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Rows { .. } => self.take_rows(&mut parts)?,
            Stage::Names { .. } => {
                let cursor = parts.next().bytes()?;
                for name in parts.next().list()? {
                    self.lanes.entry(name.bytes()?).or_default();
                }
                if cursor == b"0" { Stage::Counts { nth: 0 } } else { Stage::Names { cursor } }
            }
            Stage::Counts { nth } if nth + 1 < COUNTERS.len() => Stage::Counts { nth: nth + 1 },
            Stage::Counts { .. } => self.lanes_from(self.lanes.keys().cloned().collect()),
            Stage::Lanes { left, .. } => self.take_lanes(left, &mut parts)?,
            Stage::Jobs { .. } => {
                let done = usize::try_from(parts.int()?).map_err(|_| unexpected("count"))?;
                self.suspects.drain(..done.max(1).min(self.suspects.len()));
                self.after_jobs()
            }
            Stage::Index { nth, .. } => {
                let cursor = parts.next().bytes()?;
                match (cursor == b"0", nth + 1 < INDEXES.len()) {
                    (false, _) => Stage::Index { nth, cursor },
                    (true, true) => Stage::Index { nth: nth + 1, cursor },
                    (true, false) => Stage::Ticks { cursor: b"0".to_vec(), lost: Vec::new() },
                }
            }
            Stage::Ticks { .. } => {
                let (cursor, now) = (parts.next().bytes()?, parts.int()?);
                let lost = schedule::next_ticks(now, parts.next())?;
                if cursor.is_empty() && lost.is_empty() {
                    Stage::Queue
                } else {
                    Stage::Ticks { cursor, lost }
                }
            }
            Stage::Queue => {
                self.repaired.lost_jobs = unsigned(parts.int()?)? + self.damaged.len() as u64;
                Stage::Done
            }
            Stage::Done => Stage::Done,
        };
        Ok(())
    }

    /// Tells what was found; how many lanes there are is not known here.
    pub fn repaired(&self) -> Repaired {
        Repaired {
            jobs: (self.jobs.len() + self.dead.len()) as u64,
            mended_lanes: self.mended_lanes.len() as u64,
            ..self.repaired
        }
    }

    fn take_rows(&mut self, parts: &mut Parts) -> Result<Stage> {
        let cursor = parts.next().bytes()?;
        for job in ids(parts.next())? {
            self.jobs.insert(job / 4, (job % 4) as u8);
        }
        self.dead.extend(ids(parts.next())?);
        for lane in parts.next().list()? {
            let told = lane.bytes()?;
            let mut halves = told.splitn(2, |byte| *byte == b' ');
            let (Some(letters), Some(name)) = (halves.next(), halves.next()) else {
                return Err(unexpected("lane"));
            };
            self.lanes.entry(name.to_vec()).or_default().extend(letters);
        }
        Ok(if cursor == b"0" { Stage::Names { cursor } } else { Stage::Rows { cursor } })
    }

    fn take_lanes(&mut self, mut left: VecDeque<Vec<u8>>, parts: &mut Parts) -> Result<Stage> {
        let done = usize::try_from(parts.int()?).map_err(|_| unexpected("count"))?;
        let (priority, place) = (parts.int()?, parts.int()?);
        let at = ListPlace { priority, place, before: parts.next().bytes()? };
        for list in parts.next().list()? {
            let mut list = Parts::of(list)?;
            let lane = usize::try_from(list.int()?).ok().and_then(|nth| left.get(nth));
            let lane = lane.ok_or_else(|| unexpected("lane"))?;
            let priority = list.int()?;
            for element in list.next().list()? {
                let element = element.bytes()?;
                let id = named(&element);
                let is_right = id.is_some_and(|(id, flags)| see(&mut self.jobs, id, flags));
                if !is_right {
                    let (id, lane) = (id.map(|(id, _)| id), lane.clone());
                    self.suspects.push_back(Suspect { id, lane, priority, element });
                }
            }
        }
        left.drain(..done.min(left.len()));
        if !left.is_empty() {
            return Ok(Stage::Lanes { left, at });
        }
        // The latest first, as leases lapse: the earliest stands foremost in the end.
        let astray = self.jobs.iter().filter(|(_, seen)| **seen & (IS_ELSEWHERE | IS_LISTED) == 0);
        // Sorted by a heap, which is less to download than a sort, in WebAssembly.
        let astray = astray.map(|(id, _)| *id).collect::<BinaryHeap<_>>().into_sorted_vec();
        let suspect = |id| Suspect { id: Some(id), ..Suspect::default() };
        self.suspects.extend(astray.into_iter().rev().map(suspect));
        Ok(self.after_jobs())
    }

    fn lanes_from(&self, left: VecDeque<Vec<u8>>) -> Stage {
        if left.is_empty() {
            return self.after_jobs();
        }
        Stage::Lanes { left, at: ListPlace::START }
    }

    fn after_jobs(&self) -> Stage {
        if self.suspects.is_empty() {
            Stage::Index { nth: 1, cursor: b"0".to_vec() }
        } else {
            Stage::Jobs { asked: 0 }
        }
    }
}

fn index(mut request: Request, name: &str, cursor: &[u8]) -> Request {
    request.push(name);
    request.push(cursor);
    request
}

fn ids(list: Reply) -> Result<Vec<u64>> {
    list.list()?.into_iter().map(|id| unsigned(id.int()?)).collect()
}

/// Gives the job that an element of a list names, and whether it is said to have been delivered.
fn named(element: &[u8]) -> Option<(u64, u8)> {
    let text = std::str::from_utf8(element).ok()?;
    let digits = text.strip_suffix('r');
    let flags = if digits.is_some() { HAS_RUN } else { 0 };
    let digits = digits.unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten().map(|id| (id, flags))
}

/// Notes that a job was found in a list; tells whether it was to be expected there, once and so.
fn see(jobs: &mut HashMap<u64, u8>, id: u64, flags: u8) -> bool {
    let Some(seen) = jobs.get_mut(&id) else { return false };
    let is_right = *seen == flags;
    *seen |= IS_LISTED;
    is_right
}

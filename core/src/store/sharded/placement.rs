//! Where lanes and jobs are.

use crate::error::{Error, ErrorCode, Result};
use crate::job::{Job, JobInfo, NewJob};
use crate::token::{JobId, Token};

use super::slot::slot;

/// Says which shard a lane and a job are on. The same for ever: what is stored relies on it.
///
/// A lane is on the shard `slot % shards`, by the hash slot that Redis Cluster gives to its name.
/// Only the part in braces counts, if there is one: the lanes `{ada}:mail` and `{ada}:sms` are on
/// one shard.
///
/// A shard numbers its jobs 1, 2, 3; outside, each number is told as `number * shards + shard`, so
/// that ids of different shards differ and each tells its shard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placement {
    shards: usize,
}

impl Placement {
    pub(super) fn new(shards: usize) -> Self {
        Self { shards: shards.max(1) }
    }

    pub(super) fn of_lane(self, lane: &str) -> usize {
        slot(lane.as_bytes()) % self.shards
    }

    pub(super) fn of_job(self, id: JobId) -> usize {
        (id.0 % self.shards as u64) as usize
    }

    /// Gives the number that a job's own shard knows it by.
    pub(super) fn inside(self, id: JobId) -> JobId {
        JobId(id.0 / self.shards as u64)
    }

    /// Gives the id of a job that `shard` knows by that number.
    pub(super) fn outside(self, shard: usize, id: JobId) -> JobId {
        JobId(id.0 * self.shards as u64 + shard as u64)
    }

    pub(super) fn token_inside(self, token: Token) -> Token {
        Token { job: self.inside(token.job), ..token }
    }

    pub(super) fn job_outside(self, shard: usize, mut job: Job) -> Job {
        job.id = self.outside(shard, job.id);
        job.token.job = job.id;
        job.after = job.after.map(|parent| self.outside(shard, parent));
        job
    }

    pub(super) fn info_outside(self, shard: usize, mut info: JobInfo) -> JobInfo {
        info.id = self.outside(shard, info.id);
        info.after = info.after.map(|parent| self.outside(shard, parent));
        info
    }

    /// Readies a job for `shard`, which is that of its lane.
    ///
    /// # Errors
    /// `Unsupported` if its parent is on another shard: nobody there would tell it that the parent
    /// has completed.
    pub(super) fn job_inside(self, shard: usize, mut job: NewJob) -> Result<NewJob> {
        if let Some(parent) = job.after {
            let other = self.of_job(parent);
            if other != shard {
                return Err(Error::new(
                    ErrorCode::Unsupported,
                    format!(
                        "after names job {parent}, which is on shard {other}, and lane {:?} is on \
                         shard {shard}: accepted are jobs of the same shard, which lanes share \
                         that have the same part in braces",
                        job.lane
                    ),
                ));
            }
            job.after = Some(self.inside(parent));
        }
        Ok(job)
    }

    /// Readies a job that follows the completed job `from` in the same step.
    ///
    /// # Errors
    /// `Unsupported` if its lane or its parent is on another shard.
    pub(super) fn follower_inside(self, from: JobId, job: NewJob) -> Result<NewJob> {
        let (shard, other) = (self.of_job(from), self.of_lane(&job.lane));
        if other != shard {
            return Err(Error::new(
                ErrorCode::Unsupported,
                format!(
                    "follow-up for lane {:?} is on shard {other}, and job {from} on shard \
                     {shard}: accepted are follow-ups of the same shard, which lanes share that \
                     have the same part in braces",
                    job.lane
                ),
            ));
        }
        self.job_inside(shard, job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_their_shard_and_one_shard_changes_nothing() {
        let placement = Placement::new(3);
        for (shard, inside, outside) in [(0, 1, 3), (1, 1, 4), (2, 1, 5), (0, 2, 6), (2, 7, 23)] {
            assert_eq!(placement.outside(shard, JobId(inside)), JobId(outside));
            assert_eq!(placement.of_job(JobId(outside)), shard);
            assert_eq!(placement.inside(JobId(outside)), JobId(inside));
        }
        assert_eq!(Placement::new(1).outside(0, JobId(7)), JobId(7));
    }

    /// Lanes that are stored are looked for where these say: the numbers must never change.
    #[test]
    fn lanes_stay_where_they_are() {
        let placement = Placement::new(4);
        for (lane, shard) in [("default", 2), ("tenant-7", 0), ("tenant-8", 3), ("\u{e9}", 0)] {
            assert_eq!(placement.of_lane(lane), shard, "{lane}");
        }
        assert_eq!(placement.of_lane("{ada}:mail"), placement.of_lane("ada"));
        assert_eq!(placement.of_lane("{ada}:mail"), placement.of_lane("{ada}:sms"));
    }

    #[test]
    fn lanes_with_numbers_in_their_names_are_spread_evenly() {
        for shards in [2, 3, 4, 7, 16] {
            let placement = Placement::new(shards);
            let mut counts = vec![0; shards];
            for number in 0..10_000 {
                counts[placement.of_lane(&format!("tenant-{number}"))] += 1;
            }
            let even = 10_000 / shards;
            let is_even = |count: &usize| (even * 4 / 5..=even * 6 / 5).contains(count);
            assert!(counts.iter().all(is_even), "{counts:?}");
        }
    }
}
